"""New images without retraining: `dvc freeze split train evaluate`."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from ruamel.yaml import YAML

from .conftest import Project

FROZEN = ("split", "train", "evaluate")


@pytest.mark.full
def test_new_images_are_embedded_and_found_until_the_model_is_trained_anew(
    finished: Project, tmp_path: Path
) -> None:
    before = finished.path("models/model/weights.safetensors").read_bytes()
    photos = tmp_path / "photos"
    source = YAML(typ="safe").load(finished.path("params.yaml"))["ingest"]["source"]
    shutil.copytree(source, photos)
    first = min((photos / "3").iterdir())
    ImageOps.mirror(Image.open(first)).save(photos / "3" / "new.png")

    finished.run("dvc", "freeze", *FROZEN)
    finished.set_params(ingest__source=str(photos))
    finished.run("dvc", "repro")
    assert finished.path("models/model/weights.safetensors").read_bytes() == before
    query = str(photos / "3" / "new.png")
    found = json.loads(finished.lookalike("search", query, "-k", "1", "--json").stdout)
    assert found["hits"][0]["path"] == "3/new.png"
    assert finished.stages_to_run() == []

    finished.run("dvc", "unfreeze", *FROZEN)
    assert {"split", "train"} <= set(finished.stages_to_run())
