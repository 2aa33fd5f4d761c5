"""The curves of a training, from what dvclive has logged."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from matplotlib.figure import Figure

from lookalike.figures.charts import Chart, Points, lines, write_charts

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
    for name, title in CURVES.items():
        files = {subset: log_file(log, subset, name) for subset in ("train", "valid")}
        series = {
            subset: curve(_rows(file), name) for subset, file in files.items() if file.is_file()
        }
        if series:
            what = "Validation" if list(series) == ["valid"] else "Training"
            yield Chart(name, f"{what}: {title}", lines_of(series, name))


def write_curves(folder: Path, log: Path) -> None:
    """Write the curves beside the other pictures of a training."""
    write_charts(folder, training_charts(log))


def lines_of(series: Mapping[str, Points], name: str) -> Figure:
    """Curves of a metric, by epoch."""
    return lines(series, "epoch", CURVES[name], share=name != "loss")


def log_file(log: Path, subset: str, name: str) -> Path:
    """Where dvclive keeps the curve of a metric."""
    return log / "plots" / "metrics" / subset / f"{name}.tsv"


def curve(rows: Iterable[Mapping[str, str]], name: str) -> Points:
    """A metric by epoch, from the rows of its file."""
    return [(float(row["step"]), float(row[name])) for row in rows]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, delimiter="\t"))
