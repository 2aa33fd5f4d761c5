"""README's way to search one's own photographs, with labels, without them, and with one class.

`tests/docs` runs the very commands of the README on 36 photographs in three folders.
"""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from lookalike.model.vision import models

from .conftest import Project


def first_hour(project: Project, photos: Path, weights: Path) -> list[str]:
    """What a search finds for the first photograph, after the commands of the README."""
    project.lookalike("preset", "mobilenet", "--source", str(photos), "--weights", str(weights))
    project.lookalike("check")
    project.run("dvc", "repro")
    first = min(path for path in photos.rglob("*") if path.is_file())
    found = project.lookalike("search", str(first), "-k", "5", "--json").stdout
    assert json.loads(found)["hits"][0]["similarity"] == pytest.approx(1, abs=1e-4)
    return [hit["path"] for hit in json.loads(found)["hits"]]


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mobilenet_v2.pth"
    torch.manual_seed(0)
    torch.save(models.get_model("mobilenet_v2").state_dict(), path)
    return path


@pytest.mark.full
@pytest.mark.parametrize("folder", [".", "temple"])
def test_photographs_without_labels_or_of_one_class_are_searched_by_the_same_commands(
    fresh: Project, tmp_path: Path, random_weights: Path, folder: str
) -> None:
    photos = tmp_path / "photos"
    (photos / folder).mkdir(parents=True)
    temple = Image.fromarray(load_sample_image("china.jpg"))
    for number in range(12):
        left = 30 * number
        temple.crop((left, 0, left + 240, 240)).save(photos / folder / f"{number:02d}.jpg")
    assert len(first_hour(fresh, photos, random_weights)) == 5


@pytest.mark.full
def test_pretrained_features_find_photographs_of_the_same_class(
    fresh: Project, tmp_path: Path, shared: Path
) -> None:
    photos = tmp_path / "photos"
    for name in ("accordion", "dolphin", "wrench"):
        (photos / name).mkdir(parents=True)
        for source in sorted((shared / "data" / "caltech101" / name).glob("*.jpg"))[:12]:
            (photos / name / source.name).write_bytes(source.read_bytes())
    weights = shared / "weights" / "mobilenet_v2-imagenet.safetensors"
    found = first_hour(fresh, photos, weights)
    assert {path.partition("/")[0] for path in found} == {"accordion"}
    assert json.loads(fresh.read("metrics/evaluate.json"))["recall_at_1"] == 1
