"""All that is measured of the classifier on the test images."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from lookalike.core.csv_file import Row
from lookalike.evaluate.calibration import expected_calibration_error, reliability
from lookalike.evaluate.classification import (
    TOP_K,
    classification_by_class,
    classification_metrics,
    text_report,
    worst_confusions,
)
from lookalike.evaluate.curves import precision_recall, roc
from lookalike.evaluate.intervals import macro_f1_interval, macro_recall_interval, mean_interval
from lookalike.model.artifact import Model

CONFUSIONS = 30


class Classification(NamedTuple):
    """What the classifier does right and wrong.

    Attributes:
        metrics: the project's keys and their values.
        intervals: the lower and upper end of 95% confidence intervals of some of them.
        by_class: precision, recall and F1 of each class.
        predictions: the likeliest class number of each image and its probability, at the model's
            temperature.
        tables: rows of `precision_recall`, `roc`, `reliability`, `reliability_uncalibrated` and
            `confusions`.
        report: precision, recall and F1 of each class as text.
    """

    metrics: dict[str, float]
    intervals: dict[str, list[float]]
    by_class: list[tuple[float, ...]]
    predictions: list[tuple[int, float]]
    tables: dict[str, list[Row]]
    report: str


def evaluate_classifier(
    model: Model, logits: Tensor, targets: Tensor, classes: list[str], draws: int, seed: int
) -> Classification:
    """Score the classifier's logits.

    Six parameters: four are the data, and two say how intervals are drawn.

    Args:
        model: what the logits come from.
        logits: float `[n, classes of the model]`, n at least 1.
        targets: class numbers, int64 `[n]`.
        classes: the model's classes, and after them those that training never saw: these have
            probability 0, and their images count as wrong.
        draws: of the test images, for the confidence intervals.
        seed: what they depend on.
    """
    unseen = (0, len(classes) - logits.shape[1])
    calibrated = pad(model.probabilities(logits), unseen)
    uncalibrated = pad(logits.float().softmax(dim=1), unseen)
    best = calibrated.max(dim=1)
    truth, probabilities, predicted = targets.numpy(), calibrated.numpy(), best.indices.numpy()

    metrics = classification_metrics(truth, probabilities)
    metrics["ece"] = expected_calibration_error(targets, calibrated)
    metrics["ece_uncalibrated"] = expected_calibration_error(targets, uncalibrated)
    intervals = {
        "accuracy": mean_interval(predicted == truth, draws, seed),
        "balanced_accuracy": macro_recall_interval(truth, predicted, draws, seed),
        "macro_f1": macro_f1_interval(truth, predicted, draws, seed),
    }
    if (top := f"top{TOP_K}_accuracy") in metrics:
        among = (calibrated.topk(TOP_K).indices == targets[:, None]).any(dim=1)
        intervals[top] = mean_interval(among.numpy(), draws, seed)

    images = torch.bincount(targets, minlength=len(classes)).tolist()
    return Classification(
        metrics,
        intervals,
        classification_by_class(truth, predicted, len(classes)),
        list(zip(best.indices.tolist(), best.values.tolist(), strict=True)),
        {
            "precision_recall": list[Row](precision_recall(truth, probabilities)),
            "roc": list[Row](roc(truth, probabilities)),
            "reliability": list[Row](reliability(targets, calibrated)),
            "reliability_uncalibrated": list[Row](reliability(targets, uncalibrated)),
            "confusions": [
                (
                    f"{classes[label]} → {classes[wrong]}",
                    classes[label],
                    classes[wrong],
                    count,
                    count / images[label],
                )
                for label, wrong, count in worst_confusions(truth, predicted, CONFUSIONS)
            ],
        },
        text_report(truth, predicted, classes),
    )
