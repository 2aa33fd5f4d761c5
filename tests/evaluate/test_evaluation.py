"""All that is measured of a model on the test images."""

from pathlib import Path

import pytest
import torch

from lookalike.evaluate.evaluation import TABLES, Evaluation, evaluate_model
from lookalike.evaluate.params import EvaluateParams
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model, load_model
from lookalike.model.network import Output

PARAMS = EvaluateParams(bootstrap_draws=20, projection="pca")
LABELS = ["0", "0", "0", "1", "1", "2"]


def images_of(labels: list[str]) -> list[SplitImage]:
    return [
        SplitImage(n, f"{label}/{n}.png", label, "test", f"id{n}") for n, label in enumerate(labels)
    ]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Model:
    """The tiny model, at temperature 2."""
    opened = load_model(tiny_model)
    return Model(opened.description.model_copy(update={"temperature": 2.0}), opened.network)


@pytest.fixture(scope="module")
def headless(model: Model) -> Model:
    """A model without classes."""
    return Model(model.description.model_copy(update={"classes": []}), model.network)


def perfect(labels: list[str]) -> Output:
    """What a model says that knows every label: one direction a class, and no doubt."""
    numbers = torch.tensor([int(label) for label in labels])
    one_hot = torch.nn.functional.one_hot(numbers, 6).float()
    return Output(one_hot * 3, one_hot * 20)


def evaluated(model: Model, labels: list[str], output: Output) -> Evaluation:
    return evaluate_model(model, images_of(labels), output, PARAMS, 0)


def table(evaluation: Evaluation, name: str) -> list[dict[str, object]]:
    return [dict(zip(TABLES[name], row, strict=True)) for row in evaluation.tables[name]]


@pytest.fixture
def known(model: Model) -> Evaluation:
    return evaluated(model, LABELS, perfect(LABELS))


def test_a_model_that_knows_everything_has_full_marks(known: Evaluation) -> None:
    metrics = dict(known.metrics)
    intervals = metrics.pop("intervals")
    counts = [metrics.pop(key) for key in ("test_images", "queries", "queries_without_match")]
    errors = [metrics.pop(key) for key in ("log_loss", "ece", "ece_uncalibrated")]
    precisions = [metrics.pop(f"precision_at_{k}") for k in (1, 5)]
    assert counts == [6, 5, 1]
    assert errors == pytest.approx([0, 0, 0], abs=1e-3)
    assert precisions == pytest.approx([1.0, (3 * 2 + 2 * 1) / 5 / 5])
    assert list(metrics) == [
        *("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1"),
        *("weighted_precision", "weighted_recall", "weighted_f1", "top5_accuracy", "macro_auroc"),
        *("recall_at_1", "recall_at_5", "map_at_r", "r_precision", "mrr"),
    ]
    assert set(metrics.values()) == {1.0}
    assert intervals == {
        name: [1.0, 1.0]
        for name in (
            *("accuracy", "balanced_accuracy", "macro_f1", "top5_accuracy"),
            *("recall_at_1", "map_at_r"),
        )
    }


def test_every_test_image_has_a_row_with_the_prediction_at_the_models_temperature(
    known: Evaluation,
) -> None:
    assert len(known.tables["predictions"]) == 6
    assert table(known, "predictions")[3] == {
        "path": "1/3.png",
        "label": "1",
        "predicted_label": "1",
        "probability": float(torch.tensor([0.0, 10, 0, 0, 0, 0]).softmax(0)[1]),
    }


def test_every_test_image_has_a_row_of_its_own_results(model: Model) -> None:
    rows = table(evaluated(model, LABELS, perfect(["0", "1", "0", "1", "1", "2"])), "queries")
    known = [(row["id"], row["predicted_label"], row["nearest_id"]) for row in rows[:2]]
    assert known == [("id0", "0", "id2"), ("id1", "1", "id3")]
    assert [row["correct"] for row in rows] == [1, 0, 1, 1, 1, 1]
    assert [row["recall_at_1"] for row in rows] == [1, 0, 1, 0, 0, None]
    assert [row["average_precision_at_r"] for row in rows] == [1, 0, 1, 0, 0, None]


def test_the_rows_of_the_test_images_add_up_to_the_metrics(model: Model) -> None:
    found = evaluated(model, LABELS, perfect(["0", "3", "0", "1", "1", "2"]))
    rows = table(found, "queries")
    for column, metric in (
        ("correct", "accuracy"),
        ("recall_at_1", "recall_at_1"),
        ("average_precision_at_r", "map_at_r"),
    ):
        values = [row[column] for row in rows if row[column] is not None]
        assert sum(values) / len(values) == pytest.approx(found.metrics[metric])


def test_every_class_of_the_model_has_a_row_even_without_test_images(known: Evaluation) -> None:
    rows = table(known, "classes")
    assert [row["label"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["test_images"] for row in rows] == [3, 2, 1, 0, 0, 0]


def test_a_class_without_test_images_has_no_scores(known: Evaluation) -> None:
    rows = table(known, "classes")
    assert [row["f1"] for row in rows] == [1.0, 1.0, 1.0, None, None, None]
    assert {rows[5][key] for key in ("precision", "recall")} == {None}


def test_the_recall_of_a_class_is_none_where_no_image_has_another_to_find(
    known: Evaluation,
) -> None:
    recalls = [row["recall_at_1"] for row in table(known, "classes")]
    assert recalls == [1.0, 1.0, None, None, None, None]


def test_a_confusion_has_its_share_of_the_images_of_its_class(model: Model) -> None:
    found = evaluated(model, LABELS, perfect(["0", "3", "0", "1", "1", "2"]))
    assert table(found, "confusions") == [
        {
            "confusion": "0 → 3",
            "label": "0",
            "predicted_label": "3",
            "images": 1,
            "share": pytest.approx(1 / 3),
        }
    ]


def test_without_classes_retrieval_alone_is_measured(headless: Model) -> None:
    output = Output(perfect(LABELS).embeddings, None)
    found = evaluated(headless, LABELS, output)
    assert "accuracy" not in found.metrics
    assert found.metrics["recall_at_1"] == 1
    assert list(found.metrics["intervals"]) == ["recall_at_1", "map_at_r"]
    filled = {name for name, rows in found.tables.items() if rows}
    assert filled == {"queries", "classes", "recall_at_k", "projection"}
    assert found.report == ""
    assert {prediction.predicted for prediction in found.predictions} == {None}
    assert found.tables["classes"] == [
        ("0", 3, None, None, None, 1.0, 1.0),
        ("1", 2, None, None, None, 1.0, 1.0),
        ("2", 1, None, None, None, None, None),
    ]


def test_images_of_a_class_that_training_never_saw_count_as_wrong(model: Model) -> None:
    output = perfect(["0", "0", "1", "1"])
    found = evaluated(model, ["0", "0", "new", "new"], output)
    assert found.metrics["accuracy"] == 0.5
    assert found.metrics["recall_at_1"] == 1.0
    assert [row["label"] for row in table(found, "classes")][-1] == "new"
    assert table(found, "confusions")[0]["confusion"] == "new → 1"


def test_a_single_test_image_can_be_classified_but_finds_nothing(model: Model) -> None:
    metrics = evaluated(model, ["4"], perfect(["4"])).metrics
    assert metrics["accuracy"] == 1.0
    assert (metrics["queries"], metrics["queries_without_match"]) == (0, 1)
    assert "recall_at_1" not in metrics


def test_the_length_of_an_embedding_does_not_matter(model: Model) -> None:
    output = Output(
        torch.tensor([[100.0, 1], [1.0, 0], [0, 1], [1, 100]]), perfect(list("0011")).logits
    )
    assert evaluated(model, list("0011"), output).metrics["recall_at_1"] == 1.0


def test_a_trained_model_is_measured_on_real_images(
    model: Model, tiny_images: ImageStore, tiny_split: Path
) -> None:
    test = [image for image in read_split(tiny_split, tiny_images) if image.split == "test"]
    output = Embedder(model, 32).outputs(tiny_images, [image.row for image in test])
    found = evaluate_model(model, test, output, PARAMS, seed=0)
    right = [row["label"] == row["predicted_label"] for row in table(found, "predictions")]
    low, high = found.metrics["intervals"]["accuracy"]
    assert found.metrics["test_images"] == found.metrics["queries"] == len(test) == 18
    assert found.metrics["accuracy"] == pytest.approx(sum(right) / 18)
    assert low <= found.metrics["accuracy"] <= high
    assert all(found.tables[name] for name in TABLES if name != "confusions")
