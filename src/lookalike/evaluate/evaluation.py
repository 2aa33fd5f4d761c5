"""All that is measured of a model on the test images."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lookalike.core.files import Row
from lookalike.evaluate.classification import classification_by_class, classification_metrics
from lookalike.images.split import SplitImage
from lookalike.model.artifact import Model
from lookalike.model.network import Output, normalise
from lookalike.retrieval.evaluation import Retrieval, evaluate_retrieval

PREDICTION_COLUMNS = ("path", "label", "predicted_label", "probability")
CLASS_COLUMNS = ("label", "test_images", "precision", "recall", "f1", "recall_at_1")


class Evaluation(NamedTuple):
    """The content of `metrics/evaluate.json` and of the tables in `metrics/evaluate/`.

    Attributes:
        metrics: the headline figures.
        predictions: a row a test image, of `PREDICTION_COLUMNS`; the confusion matrix shows it.
        classes: a row a class, of `CLASS_COLUMNS`.
    """

    metrics: dict[str, Any]
    predictions: list[Row]
    classes: list[Row]


def evaluate_model(model: Model, test: list[SplitImage], output: Output) -> Evaluation:
    """Score the network's output for the test images, at least one.

    Classification is left out where the model has no classes (`train.epochs: 0`).
    """
    classes = model.description.classes or sorted({image.label for image in test})
    number_of = {label: number for number, label in enumerate(classes)}
    targets = torch.tensor([number_of[image.label] for image in test], dtype=torch.int64)
    embeddings = normalise(output.embeddings)
    itself = torch.arange(len(test))
    retrieval = evaluate_retrieval(embeddings, targets, embeddings, targets, query_rows=itself)
    metrics: dict[str, Any] = {"test_images": len(test)}
    predictions: list[Row] = []
    scores: Sequence[tuple[float | None, ...]] = [(None, None, None)] * len(classes)
    if output.logits is not None:
        probabilities = model.probabilities(output.logits)
        metrics |= classification_metrics(targets.numpy(), probabilities.numpy())
        best = probabilities.max(dim=1)
        predictions = [
            (image.path, image.label, classes[number], round(probability, 6))
            for image, number, probability in zip(
                test, best.indices.tolist(), best.values.tolist(), strict=True
            )
        ]
        scores = classification_by_class(targets.numpy(), best.indices.numpy(), len(classes))
    metrics |= retrieval.summary()
    counts = torch.bincount(targets, minlength=len(classes)).tolist()
    recalls = _recall_at_1_by_class(retrieval, targets, len(classes))
    return Evaluation(
        metrics,
        predictions,
        [
            (label, count, *(score if count else (None, None, None)), recall)
            for label, count, score, recall in zip(classes, counts, scores, recalls, strict=True)
        ],
    )


def _recall_at_1_by_class(
    retrieval: Retrieval, targets: Tensor, classes: int
) -> list[float | None]:
    """The mean over a class's queries; None where none of them had anything to find."""
    found = retrieval.recall_at.get(1, torch.empty(0))
    of_class = targets[retrieval.queries]
    sums = torch.bincount(of_class, weights=found.double(), minlength=classes).tolist()
    queries = torch.bincount(of_class, minlength=classes).tolist()
    return [round(s / n, 6) if n else None for s, n in zip(sums, queries, strict=True)]
