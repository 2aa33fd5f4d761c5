"""How well the classifier does on the test images."""

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
    top_k_accuracy_score,
)

TOP_K = 5


def classification_metrics(targets: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Accuracy, balanced accuracy and macro F1; top-5 accuracy where there are more classes.

    Balanced accuracy and macro F1 are means over the classes that the test images have.

    Args:
        targets: class numbers, int `[n]`.
        probabilities: float `[n, classes]`.
    """
    predicted = probabilities.argmax(axis=1)
    tested = np.unique(targets)
    # Recall averaged over the tested classes: scikit-learn's balanced accuracy, without its warning
    # about predictions of a class that has no test image.
    metrics = {
        "accuracy": float(accuracy_score(targets, predicted)),
        "balanced_accuracy": float(
            recall_score(targets, predicted, labels=tested, average="macro", zero_division=0)
        ),
        "macro_f1": float(
            f1_score(targets, predicted, labels=tested, average="macro", zero_division=0)
        ),
    }
    classes = probabilities.shape[1]
    if classes > TOP_K:
        metrics[f"top{TOP_K}_accuracy"] = float(
            top_k_accuracy_score(targets, probabilities, k=TOP_K, labels=np.arange(classes))
        )
    return metrics


def classification_by_class(
    targets: np.ndarray, predicted: np.ndarray, classes: int
) -> list[tuple[float, ...]]:
    """Precision, recall and F1 of each class, in the order of the class numbers."""
    table = precision_recall_fscore_support(
        targets, predicted, labels=np.arange(classes), zero_division=0
    )
    return [tuple(round(float(v), 6) for v in row) for row in np.stack(table[:3], axis=1)]
