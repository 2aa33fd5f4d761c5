"""All that is measured of a model on the test images."""

from pathlib import Path

import pytest
import torch

from lookalike.evaluate.evaluation import (
    CLASS_COLUMNS,
    PREDICTION_COLUMNS,
    Evaluation,
    evaluate_model,
)
from lookalike.images.split import SplitImage, read_split
from lookalike.model.artifact import Model, load_model
from lookalike.model.extract import extract_all
from lookalike.model.network import Output

LABELS = ["0", "0", "0", "1", "1", "2"]


def images_of(labels: list[str]) -> list[SplitImage]:
    return [SplitImage(n, f"{label}/{n}.png", label, "test") for n, label in enumerate(labels)]


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


@pytest.fixture
def known(model: Model) -> Evaluation:
    return evaluate_model(model, images_of(LABELS), perfect(LABELS))


def test_a_model_that_knows_everything_has_full_marks(known: Evaluation) -> None:
    assert known.metrics == pytest.approx(
        {
            "test_images": 6,
            "accuracy": 1.0,
            "balanced_accuracy": 1.0,
            "macro_f1": 1.0,
            "top5_accuracy": 1.0,
            "recall_at_1": 1.0,
            "recall_at_5": 1.0,
            "map_at_r": 1.0,
            "queries": 5,
            "queries_without_match": 1,
        }
    )


def test_every_test_image_has_a_row_with_the_prediction_at_the_models_temperature(
    known: Evaluation,
) -> None:
    row = dict(zip(PREDICTION_COLUMNS, known.predictions[3], strict=True))
    probability = round(float(torch.tensor([0.0, 10, 0, 0, 0, 0]).softmax(0)[1]), 6)
    assert row == {
        "path": "1/3.png",
        "label": "1",
        "predicted_label": "1",
        "probability": probability,
    }
    assert len(known.predictions) == 6


def test_every_class_of_the_model_has_a_row_even_without_test_images(known: Evaluation) -> None:
    rows = [dict(zip(CLASS_COLUMNS, row, strict=True)) for row in known.classes]
    assert [row["label"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    assert [row["test_images"] for row in rows] == [3, 2, 1, 0, 0, 0]


def test_a_class_without_test_images_has_no_scores(known: Evaluation) -> None:
    rows = [dict(zip(CLASS_COLUMNS, row, strict=True)) for row in known.classes]
    assert [row["f1"] for row in rows] == [1.0, 1.0, 1.0, None, None, None]
    assert {rows[5][key] for key in ("precision", "recall")} == {None}


def test_the_recall_of_a_class_is_none_where_no_image_has_another_to_find(
    known: Evaluation,
) -> None:
    recalls = [row[CLASS_COLUMNS.index("recall_at_1")] for row in known.classes]
    assert recalls == [1.0, 1.0, None, None, None, None]


def test_without_classes_only_retrieval_is_measured(headless: Model) -> None:
    output = Output(perfect(LABELS).embeddings, None)
    found = evaluate_model(headless, images_of(LABELS), output)
    assert list(found.metrics) == [
        "test_images",
        "recall_at_1",
        "recall_at_5",
        "map_at_r",
        "queries",
        "queries_without_match",
    ]
    assert found.predictions == []
    assert found.classes == [
        ("0", 3, None, None, None, 1.0),
        ("1", 2, None, None, None, 1.0),
        ("2", 1, None, None, None, None),
    ]


def test_a_single_test_image_can_be_classified_but_finds_nothing(model: Model) -> None:
    metrics = evaluate_model(model, images_of(["4"]), perfect(["4"])).metrics
    assert metrics["accuracy"] == 1.0
    assert (metrics["queries"], metrics["queries_without_match"]) == (0, 1)
    assert "recall_at_1" not in metrics


def test_the_length_of_an_embedding_does_not_matter(model: Model) -> None:
    output = Output(
        torch.tensor([[100.0, 1], [1.0, 0], [0, 1], [1, 100]]), perfect(list("0011")).logits
    )
    metrics = evaluate_model(model, images_of(list("0011")), output).metrics
    assert metrics["recall_at_1"] == 1.0


def test_a_trained_model_is_measured_on_real_images(
    model: Model, tiny_images: Path, tiny_split: Path
) -> None:
    test = [image for image in read_split(tiny_split, tiny_images) if image.split == "test"]
    output = extract_all(model, tiny_images, [image.row for image in test], 32, workers=0)
    found = evaluate_model(model, test, output)
    right = [row[1] == row[2] for row in found.predictions]
    assert found.metrics["test_images"] == len(test) == 18
    assert found.metrics["accuracy"] == pytest.approx(sum(right) / 18)
    assert found.metrics["queries"] == 18
