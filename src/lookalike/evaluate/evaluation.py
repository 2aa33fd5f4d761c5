"""All that is measured of a model on the test images."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lookalike.core.csv_file import Row
from lookalike.core.seeds import seed_for
from lookalike.evaluate.classifier import evaluate_classifier
from lookalike.evaluate.intervals import mean_interval
from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.prediction import Prediction
from lookalike.evaluate.projection_figure import Point, place
from lookalike.evaluate.query_table import QUERY_COLUMNS, query_rows
from lookalike.images.split_file import SplitImage
from lookalike.model.artifact import Model
from lookalike.model.network import Output, normalize
from lookalike.retrieval.evaluation import Retrieval, evaluate_rankings

# The tables in `metrics/evaluate/` and their columns.
TABLES = {
    "predictions": ("path", "label", "predicted_label", "probability"),
    "queries": QUERY_COLUMNS,
    "classes": ("label", "test_images", "precision", "recall", "f1", "recall_at_1", "map_at_r"),
    "confusions": ("confusion", "label", "predicted_label", "images", "share"),
    "precision_recall": ("recall", "precision"),
    "roc": ("false_positive_rate", "true_positive_rate"),
    "reliability": ("probability", "accuracy"),
    "reliability_uncalibrated": ("probability", "accuracy"),
    "recall_at_k": ("k", "recall", "precision"),
    "projection": ("path", "label", "predicted_label", "x", "y"),
}
# Retrieval metrics with a confidence interval, and a mean for each class.
HEADLINES = ("recall_at_1", "map_at_r")


class Evaluation(NamedTuple):
    """The content of `metrics/evaluate.json` and of the files in `metrics/evaluate/`.

    Attributes:
        metrics: the headline figures, and under `intervals` how far they can be trusted.
        tables: rows of the columns that `TABLES` names; a table that does not apply is empty.
        report: precision, recall and F1 of each class as text; empty without a classifier.
        predictions: the test images and what the model says of them.
        points: some of them on the map; none with `projection: none`.
    """

    metrics: dict[str, Any]
    tables: dict[str, list[Row]]
    report: str
    predictions: list[Prediction]
    points: list[Point]

    @classmethod
    def of_nothing(cls) -> "Evaluation":
        """What there is to say without test images."""
        return cls({"test_images": 0}, {name: [] for name in TABLES}, "", [], [])


def evaluate_model(
    model: Model, test: list[SplitImage], output: Output, params: EvaluateParams, seed: int
) -> Evaluation:
    """Score the network's output for the test images, at least one.

    Classification is left out where the model has no classes (`train.epochs: 0`).

    Args:
        model: what the output comes from.
        test: the test images.
        output: the embedding and the logits of each.
        params: the `evaluate` block.
        seed: the experiment's.
    """
    known = model.description.classes
    classes = [*known, *sorted({image.label for image in test} - set(known))]
    number_of = {label: number for number, label in enumerate(classes)}
    targets = torch.tensor([number_of[image.label] for image in test], dtype=torch.int64)
    draws, drawing_seed = params.bootstrap_draws, seed_for(seed, "bootstrap")

    metrics: dict[str, Any] = {"test_images": len(test)}
    intervals: dict[str, list[float]] = {}
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    by_class: Sequence[tuple[float | None, ...]] = [(None, None, None)] * len(classes)
    predictions = [Prediction(image.row, image.path, image.label, None, None) for image in test]
    report = ""
    if output.logits is not None:
        found = evaluate_classifier(model, output.logits, targets, classes, draws, drawing_seed)
        metrics |= found.metrics
        intervals |= found.intervals
        tables |= found.tables
        predictions = [
            prediction._replace(predicted=classes[number], probability=probability)
            for prediction, (number, probability) in zip(
                predictions, found.predictions, strict=True
            )
        ]
        tables["predictions"] = [prediction[1:] for prediction in predictions]
        by_class, report = found.by_class, found.report

    unit = normalize(output.embeddings)
    itself = torch.arange(len(test))
    retrieval = evaluate_rankings(unit, targets, unit, targets, itself, params.ranks)
    metrics |= retrieval.summary()
    for name in HEADLINES:
        if name in retrieval.scores:
            values = retrieval.scores[name].numpy()
            intervals[name] = mean_interval(values, draws, drawing_seed)
    metrics["intervals"] = intervals
    tables["queries"] = query_rows(test, predictions, unit, retrieval)
    tables["recall_at_k"] = list[Row](retrieval.curve())
    counts = torch.bincount(targets, minlength=len(classes)).tolist()
    means = [_mean_by_class(retrieval, name, targets, len(classes)) for name in HEADLINES]
    tables["classes"] = [
        (label, count, *(scores if count else (None, None, None)), *found_again)
        for label, count, scores, *found_again in zip(
            classes, counts, by_class, *means, strict=True
        )
    ]
    points = (
        []
        if params.projection == "none"
        else place(predictions, unit.numpy(), params.projection, seed)
    )
    tables["projection"] = [
        (
            point.prediction.path,
            point.prediction.label,
            point.prediction.predicted,
            point.x,
            point.y,
        )
        for point in points
    ]
    return Evaluation(metrics, tables, report, predictions, points)


def _mean_by_class(
    retrieval: Retrieval, name: str, targets: Tensor, classes: int
) -> list[float | None]:
    """The mean over a class's queries; None where none of them had anything to find."""
    if name not in retrieval.scores:
        return [None] * classes
    of_class = targets[retrieval.queries]
    values = retrieval.scores[name].double()
    sums = torch.bincount(of_class, weights=values, minlength=classes).tolist()
    queries = torch.bincount(of_class, minlength=classes).tolist()
    return [s / n if n else None for s, n in zip(sums, queries, strict=True)]
