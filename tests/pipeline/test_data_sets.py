"""The whole pipeline on data sets of every shape."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Project
from .test_bad_input import write_images

RunStages = Callable[..., Project]


def search(project: Project, image: Path) -> dict[str, list[dict[str, object]]]:
    """The JSON answer for one image."""
    answer: dict[str, list[dict[str, object]]] = json.loads(
        project.lookalike("search", str(image), "-k", "3", "--json").stdout
    )
    return answer


@pytest.mark.full
def test_two_classes(run_stages: RunStages, tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        write_images(tmp_path / "photos" / name, 20)
    project = run_stages(tmp_path / "photos")
    metrics = json.loads(project.read("metrics/evaluate.json"))
    assert metrics["test_images"] == 6
    assert "accuracy" in metrics
    assert "top5_accuracy" not in metrics
    found = search(project, tmp_path / "photos" / "dog" / "7.png")
    assert {guess["label"] for guess in found["predictions"]} == {"cat", "dog"}
    assert found["hits"][0]["path"] == "dog/7.png"


@pytest.mark.full
def test_three_images_a_class(run_stages: RunStages, tmp_path: Path) -> None:
    for name in "abcdefg":
        write_images(tmp_path / "photos" / name, 3)
    project = run_stages(tmp_path / "photos")
    counts = json.loads(project.read("metrics/split.json"))
    assert (counts["train"], counts["valid"], counts["test"]) == (7, 7, 7)
    metrics = json.loads(project.read("metrics/evaluate.json"))
    assert metrics["top5_accuracy"] >= metrics["accuracy"]
    assert metrics["queries_without_match"] == 7
    assert "recall_at_1" not in metrics


@pytest.mark.full
@pytest.mark.parametrize("epochs", [2, 0])
def test_without_labels_the_backbone_is_searched_by_its_own_features(
    run_stages: RunStages, tmp_path: Path, epochs: int
) -> None:
    write_images(tmp_path / "photos", 12)
    project = run_stages(tmp_path / "photos", train__epochs=epochs)
    assert json.loads(project.read("metrics/train.json")) == {"epochs": 0, "classes": 0}
    assert list(project.path("metrics/train_figures").iterdir()) == []
    assert json.loads(project.read("metrics/evaluate.json")) == {"test_images": 0}
    assert json.loads(project.read("models/model/model.json"))["classes"] == []
    found = search(project, tmp_path / "photos" / "5.png")
    assert found["predictions"] == []
    assert found["hits"][0]["path"] == "5.png"
    assert found["hits"][0]["label"] is None
    project.lookalike("report")
    assert "The model has no classes" in project.read("report.html")


@pytest.mark.full
def test_excluded_classes_are_not_learned_but_found(run_stages: RunStages, tmp_path: Path) -> None:
    for name in ("cat", "dog", "owl"):
        write_images(tmp_path / "photos" / name, 10)
    project = run_stages(tmp_path / "photos", split__exclude_classes=["owl"])
    assert json.loads(project.read("models/model/model.json"))["classes"] == ["cat", "dog"]
    found = search(project, tmp_path / "photos" / "owl" / "3.png")
    assert found["hits"][0]["path"] == "owl/3.png"
