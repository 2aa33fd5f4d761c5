"""New images without retraining: `make extend`."""

import json

import pytest
from PIL import Image, ImageOps

from .conftest import DIGITS, Project, link_environment

EXTENDED = {"dvc.lock", "metrics/index.json", "metrics/index/recall.csv", "metrics/ingest.json"}


@pytest.mark.full
def test_new_images_are_found_without_training_and_the_next_run_learns_from_them(
    finished: Project,
) -> None:
    photos = finished.path(f"../{DIGITS}")
    before = finished.path("models/model/weights.safetensors").read_bytes()
    first = min((photos / "3").iterdir())
    ImageOps.mirror(Image.open(first)).save(photos / "3" / "new.png")

    link_environment(finished)
    finished.run("make", "extend")
    assert finished.path("models/model/weights.safetensors").read_bytes() == before
    query = str(photos / "3" / "new.png")
    found = json.loads(finished.lookalike("search", query, "-k", "1", "--json").stdout)
    assert found["hits"][0]["path"] == "3/new.png"
    changed = finished.run("git", "diff", "--name-only").stdout.split()
    assert set(changed) <= EXTENDED
    assert set(finished.stages_to_run()) >= {"split", "train"}
    assert set(finished.stages_to_run()).isdisjoint({"ingest"})
