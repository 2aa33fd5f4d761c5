"""Classification metrics, held against scikit-learn's own."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    precision_score,
    recall_score,
    roc_auc_score,
    top_k_accuracy_score,
)

from lookalike.evaluate.classification import (
    classification_by_class,
    classification_metrics,
    text_report,
    worst_confusions,
)


@st.composite
def predictions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Class numbers of some images and the probabilities that a model gives them."""
    images, classes = draw(st.integers(1, 40)), draw(st.integers(2, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    probabilities = random.dirichlet(np.ones(classes), images)
    return random.integers(0, classes, images), probabilities


def by_hand(targets: np.ndarray, predicted: np.ndarray) -> float:
    """Macro F1 over the classes that have test images."""
    scores = []
    for number in set(targets.tolist()):
        right = int(((targets == number) & (predicted == number)).sum())
        both = int((targets == number).sum() + (predicted == number).sum())
        scores.append(2 * right / both)
    return float(np.mean(scores))


@given(predictions())
def test_the_metrics_agree_with_scikit_learn(given: tuple[np.ndarray, np.ndarray]) -> None:
    targets, probabilities = given
    predicted = probabilities.argmax(axis=1)
    metrics = classification_metrics(targets, probabilities)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of predictions of classes without test images
        balanced = balanced_accuracy_score(targets, predicted)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(targets, predicted))
    assert metrics["balanced_accuracy"] == pytest.approx(balanced)
    assert metrics["macro_f1"] == pytest.approx(by_hand(targets, predicted))


@given(predictions())
def test_the_top_five_are_counted_where_there_are_more_classes(
    given: tuple[np.ndarray, np.ndarray],
) -> None:
    targets, probabilities = given
    metrics = classification_metrics(targets, probabilities)
    classes = probabilities.shape[1]
    assert ("top5_accuracy" in metrics) == (classes > 5)
    if classes > 5:
        expected = top_k_accuracy_score(targets, probabilities, k=5, labels=range(classes))
        assert metrics["top5_accuracy"] == pytest.approx(expected)


def test_two_classes_have_every_metric_but_the_top_five() -> None:
    metrics = classification_metrics(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    assert metrics == pytest.approx(
        {
            "accuracy": 0.5,
            "balanced_accuracy": 0.5,
            "macro_precision": 0.25,
            "macro_recall": 0.5,
            "macro_f1": (2 / 3 + 0) / 2,
            "weighted_precision": 0.25,
            "weighted_recall": 0.5,
            "weighted_f1": (2 / 3 + 0) / 2,
            "macro_auroc": 1.0,
            "log_loss": -(np.log(0.9) + np.log(0.2)) / 2,
        }
    )


@given(predictions())
def test_the_area_under_the_roc_is_the_mean_over_the_classes_that_are_tested(
    given: tuple[np.ndarray, np.ndarray],
) -> None:
    targets, probabilities = given
    tested = np.unique(targets)
    metrics = classification_metrics(targets, probabilities)
    assert ("macro_auroc" in metrics) == (len(tested) > 1)
    if len(tested) > 1:
        areas = [roc_auc_score(targets == number, probabilities[:, number]) for number in tested]
        assert metrics["macro_auroc"] == pytest.approx(np.mean(areas))


@given(predictions())
def test_the_log_loss_is_the_mean_surprise(given: tuple[np.ndarray, np.ndarray]) -> None:
    targets, probabilities = given
    single = probabilities.astype(np.float32)
    surprise = -np.log(single[np.arange(len(targets)), targets])
    assert classification_metrics(targets, single)["log_loss"] == pytest.approx(
        float(surprise.mean()), rel=1e-4
    )


def test_the_report_names_the_classes_that_are_tested() -> None:
    report = text_report(np.array([0, 0, 2]), np.array([0, 1, 2]), ["ant", "bee", "cat"])
    assert "ant     1.0000    0.5000    0.6667         2" in report
    assert "bee" not in report


def test_the_most_frequent_confusions_come_first() -> None:
    targets = np.array([0, 0, 0, 1, 1, 2, 2])
    predicted = np.array([0, 2, 2, 0, 1, 1, 2])
    assert worst_confusions(targets, predicted, most=2) == [(0, 2, 2), (1, 0, 1)]


def test_where_nothing_is_confused_there_are_no_confusions() -> None:
    assert worst_confusions(np.array([0, 1]), np.array([0, 1]), most=9) == []


def test_each_class_counts_the_same_in_the_balanced_accuracy() -> None:
    targets = np.array([0] * 9 + [1])
    metrics = classification_metrics(targets, np.tile([1.0, 0.0], (10, 1)))
    assert metrics["accuracy"] == 0.9
    assert metrics["balanced_accuracy"] == 0.5


@pytest.mark.filterwarnings("error")
@given(predictions())
def test_classes_without_test_images_are_no_reason_for_a_warning(
    given: tuple[np.ndarray, np.ndarray],
) -> None:
    targets, probabilities = given
    classification_metrics(targets, probabilities)
    classification_by_class(targets, probabilities.argmax(axis=1), probabilities.shape[1])


@given(predictions())
def test_every_class_has_its_precision_recall_and_f1(
    given: tuple[np.ndarray, np.ndarray],
) -> None:
    targets, probabilities = given
    predicted = probabilities.argmax(axis=1)
    classes = list(range(probabilities.shape[1]))
    rows = classification_by_class(targets, predicted, len(classes))
    options = {"labels": classes, "average": None, "zero_division": 0}
    precision = precision_score(targets, predicted, **options)
    recall = recall_score(targets, predicted, **options)
    assert [row[0] for row in rows] == pytest.approx(precision.tolist(), abs=1e-6)
    assert [row[1] for row in rows] == pytest.approx(recall.tolist(), abs=1e-6)
    for p, r, f1 in rows:
        assert f1 == pytest.approx(2 * p * r / (p + r) if p + r else 0, abs=1e-5)
