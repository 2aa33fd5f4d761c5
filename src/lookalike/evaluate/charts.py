"""The charts of an evaluation, from its tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lookalike.figures.charts import Chart, bars, confusion_matrix, lines

CONFUSIONS = 15

Rows = Sequence[Mapping[str, Any]]


def evaluation_charts(tables: Mapping[str, Rows]) -> Iterator[Chart]:
    """What the tables of an evaluation show; those that are empty or missing are left out."""
    if predictions := tables.get("predictions"):
        yield from matrices([(row["label"], row["predicted_label"]) for row in predictions])
    if confusions := tables.get("confusions"):
        counts = {row["confusion"]: float(row["images"]) for row in confusions[:CONFUSIONS]}
        title = "Most frequent confusions (class → predicted)"
        yield Chart("confusions", title, bars(counts, "images"))
    if tables.get("reliability"):
        names = {"reliability": "calibrated", "reliability_uncalibrated": "before"}
        series = {
            label: points_of(tables[name], "probability", "accuracy")
            for name, label in names.items()
        }
        chart = lines(series, "promised probability", "share of right predictions", diagonal=True)
        yield Chart("reliability", "Reliability", chart)
    if rows := tables.get("precision_recall"):
        series = {"": points_of(rows, "recall", "precision")}
        chart = lines(series, "recall", "precision")
        yield Chart("precision_recall", "Precision against recall", chart)
    if rows := tables.get("roc"):
        series = {"": points_of(rows, "false_positive_rate", "true_positive_rate")}
        chart = lines(series, "false positive rate", "true positive rate", diagonal=True)
        yield Chart("roc", "ROC", chart)
    if rows := tables.get("recall_at_k"):
        series = {name: points_of(rows, "k", name) for name in ("recall", "precision")}
        yield Chart("recall_at_k", "Retrieval among k neighbors", lines(series, "k", "mean"))


def points_of(rows: Rows, x: str, y: str) -> list[tuple[float, float]]:
    """Two columns of a table, as points."""
    return [(float(row[x]), float(row[y])) for row in rows]


def matrices(pairs: Sequence[tuple[str, str]]) -> list[Chart]:
    """The confusion matrices of pairs of label and predicted label: of counts, then of shares."""
    labels = sorted({label for pair in pairs for label in pair})
    counted, shares = (confusion_matrix(labels, pairs, normalized=n) for n in (False, True))
    return [
        Chart("confusion_matrix", "Confusion matrix", counted),
        Chart("confusion_matrix_normalized", "Confusion matrix, normalized", shares),
    ]
