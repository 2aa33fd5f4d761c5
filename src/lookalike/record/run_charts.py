"""The charts of a finished run."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lookalike.core.files import read_csv
from lookalike.core.layout import Layout
from lookalike.figures import charts

CONFUSIONS = 15

Tables = dict[str, list[dict[str, str]]]


class Picture(NamedTuple):
    """A title and an image as a data URI."""

    title: str
    uri: str


def training_charts(project: Layout) -> Iterator[Picture]:
    """Loss and accuracy by epoch, where a project's training has left any."""
    for name in ("loss", "accuracy"):
        series = {
            subset: points
            for subset in ("train", "valid")
            if (points := _curve(project.train_log, subset, name))
        }
        if series:
            chart = charts.lines(series, "epoch", name, share=name == "accuracy")
            yield Picture(f"Training: {name}", chart)


def read_tables(project: Layout) -> Tables:
    """The tables of a project's evaluation, by name."""
    return {file.stem: read_csv(file) for file in sorted((project.evaluation).glob("*.csv"))}


def evaluation_charts(tables: Tables) -> Iterator[Picture]:
    """What the tables of an evaluation show; those that are empty or missing are left out."""
    if predictions := tables.get("predictions"):
        pairs = [(row["label"], row["predicted_label"]) for row in predictions]
        labels = sorted({label for pair in pairs for label in pair})
        yield Picture("Confusion matrix", charts.confusion_matrix(labels, pairs))
    if confusions := tables.get("confusions"):
        counts = {row["confusion"]: float(row["images"]) for row in confusions[:CONFUSIONS]}
        yield Picture("Most frequent confusions (class → predicted)", charts.bars(counts, "images"))
    if tables.get("reliability"):
        names = {"reliability": "calibrated", "reliability_uncalibrated": "before"}
        series = {
            label: _points(tables[name], "probability", "accuracy") for name, label in names.items()
        }
        chart = charts.lines(
            series, "promised probability", "share of right predictions", diagonal=True
        )
        yield Picture("Reliability", chart)
    if rows := tables.get("precision_recall"):
        points = _points(rows, "recall", "precision")
        yield Picture("Precision against recall", charts.lines({"": points}, "recall", "precision"))
    if rows := tables.get("roc"):
        points = _points(rows, "false_positive_rate", "true_positive_rate")
        chart = charts.lines(
            {"": points}, "false positive rate", "true positive rate", diagonal=True
        )
        yield Picture("ROC", chart)
    if rows := tables.get("recall_at_k"):
        series = {name: _points(rows, "k", name) for name in ("recall", "precision")}
        yield Picture("Retrieval among k neighbors", charts.lines(series, "k", "mean"))


def _points(rows: list[dict[str, str]], x: str, y: str) -> list[tuple[float, float]]:
    return [(float(row[x]), float(row[y])) for row in rows]


def _curve(log: Path, subset: str, name: str) -> list[tuple[float, float]]:
    """A curve of dvclive: `(epoch, value)`."""
    path = log / "plots" / "metrics" / subset / f"{name}.tsv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return _points(list(csv.DictReader(file, delimiter="\t")), "step", name)
