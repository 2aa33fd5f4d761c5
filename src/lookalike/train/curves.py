"""The curves of a training, from what dvclive has logged."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lookalike.figures.charts import Chart, Points, lines

# What is drawn, and its name for people; all but the loss are shares
CURVES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "macro_auroc": "macro AUROC",
    "recall_at_1": "recall@1",
}


def training_charts(log: Path) -> Iterator[Chart]:
    """A chart of each metric that a training has logged, by epoch.

    Args:
        log: the folder of dvclive; it may be missing.
    """
    for name in CURVES:
        files = {subset: log_file(log, subset, name) for subset in ("train", "valid")}
        series = {
            subset: curve(_rows(file), name) for subset, file in files.items() if file.is_file()
        }
        if series:
            what = "Validation" if list(series) == ["valid"] else "Training"
            yield chart_of(series, name, what)


def chart_of(series: Mapping[str, Points], name: str, what: str) -> Chart:
    """Curves of a metric by epoch.

    Args:
        series: the points of each curve, by its name.
        name: of the metric.
        what: the title's first word.
    """
    figure = lines(series, "epoch", CURVES[name], share=name != "loss")
    return Chart(name, f"{what}: {CURVES[name]}", figure)


def log_file(log: Path, subset: str, name: str) -> Path:
    """Where dvclive keeps the curve of a metric."""
    return log / "plots" / "metrics" / subset / f"{name}.tsv"


def curve(rows: Iterable[Mapping[str, str]], name: str) -> Points:
    """A metric by epoch, from the rows of its file."""
    return [(float(row["step"]), float(row[name])) for row in rows]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, delimiter="\t"))
