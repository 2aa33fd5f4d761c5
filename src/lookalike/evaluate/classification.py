"""How well the classifier does on the test images, by scikit-learn.

Means over classes, the macro ones, are over those that the test images have.
"""

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    top_k_accuracy_score,
)

TOP_K = 5


def classification_metrics(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """The project's keys and their values.

    `top5_accuracy` is left out up to five classes. `macro_auroc` is one class against the rest; it
    is left out where all test images are of one class.

    Args:
        targets: class numbers, int `[n]`.
        probabilities: float `[n, classes]`.
    """
    predicted = probabilities.argmax(axis=1)
    numbers = np.arange(probabilities.shape[1])
    macro = averages(targets, predicted, "macro")
    weighted = averages(targets, predicted, "weighted")
    metrics = {
        "accuracy": float(accuracy_score(targets, predicted)),
        "balanced_accuracy": macro[1],
        "macro_precision": macro[0],
        "macro_recall": macro[1],
        "macro_f1": macro[2],
        "weighted_precision": weighted[0],
        "weighted_recall": weighted[1],
        "weighted_f1": weighted[2],
    }
    if len(numbers) > TOP_K:
        metrics[f"top{TOP_K}_accuracy"] = float(
            top_k_accuracy_score(targets, probabilities, k=TOP_K, labels=numbers)
        )
    tested = np.unique(targets)
    if len(tested) > 1:
        is_class = targets[:, None] == tested
        metrics["macro_auroc"] = float(roc_auc_score(is_class, probabilities[:, tested]))
    exact = probabilities.astype(np.float64)  # in single precision they do not quite add up to one
    exact /= exact.sum(axis=1, keepdims=True)
    metrics["log_loss"] = float(log_loss(targets, exact, labels=numbers))
    return metrics


def averages(
    targets: np.ndarray, predicted: np.ndarray, average: str
) -> tuple[float, float, float]:
    """Precision, recall and F1 over the tested classes, `macro` or `weighted` by their images.

    The macro recall is scikit-learn's balanced accuracy, without its warning about predictions of a
    class that has no test image.
    """
    precision, recall, f1, _ = precision_recall_fscore_support(
        targets, predicted, labels=np.unique(targets), average=average, zero_division=0
    )
    return float(precision), float(recall), float(f1)


def classification_by_class(
    targets: np.ndarray, predicted: np.ndarray, classes: int
) -> list[tuple[float, ...]]:
    """Precision, recall and F1 of each class, in the order of the class numbers."""
    table = precision_recall_fscore_support(
        targets, predicted, labels=np.arange(classes), zero_division=0
    )
    return [tuple(float(v) for v in row) for row in np.stack(table[:3], axis=1)]


def text_report(targets: np.ndarray, predicted: np.ndarray, classes: list[str]) -> str:
    """scikit-learn's classification report of the tested classes, as text."""
    tested = np.unique(targets)
    names = [classes[number] for number in tested]
    report: str = classification_report(
        targets, predicted, labels=tested, target_names=names, digits=4, zero_division=0
    )
    return report


def worst_confusions(
    targets: np.ndarray, predicted: np.ndarray, most: int
) -> list[tuple[int, int, int]]:
    """`(class, predicted class, images)` of wrong predictions, the most frequent pairs first."""
    wrong = targets != predicted
    pairs, counts = np.unique(
        np.stack([targets[wrong], predicted[wrong]], axis=1), axis=0, return_counts=True
    )
    order = np.argsort(-counts, kind="stable")[:most]
    return [(int(a), int(b), int(n)) for (a, b), n in zip(pairs[order], counts[order], strict=True)]
