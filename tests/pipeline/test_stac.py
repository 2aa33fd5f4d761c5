"""Images from a STAC catalogue, in real projects."""

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Project

STAC = {"asset": None, "label": "class", "split": "ml-aoi:split", "where": None}


def test_a_changed_item_of_a_catalogue_reruns_ingest(fresh: Project, digit_catalogue: Path) -> None:
    shutil.copytree(digit_catalogue, fresh.path("data/catalogue"))
    fresh.set_params(ingest__source="data/catalogue", ingest__stac=STAC)
    fresh.run("dvc", "repro", "ingest")
    metrics = json.loads(fresh.read("metrics/ingest.json"))
    assert (metrics["images"], metrics["classes"], metrics["rejected"]) == (24, 3, 0)
    assert "up to date" in fresh.run("dvc", "status", "ingest").stdout

    item = fresh.path("data/catalogue/train/digit-1-2.json")
    item.write_text(item.read_text().replace('"train"', '"test"'))
    status = fresh.run("dvc", "status", "ingest").stdout
    assert "modified:" in status
    assert "data/catalogue" in status


@pytest.mark.full
def test_a_frozen_catalogue_gives_the_same_image_store(
    fresh: Project, digit_catalogue: Path
) -> None:
    def ingested(source: str) -> dict[str, bytes]:
        fresh.set_params(ingest__source=source, ingest__stac=STAC)
        fresh.run("python", "src/ingest.py")
        files = sorted(fresh.path("data/images").iterdir())
        return {file.name: file.read_bytes() for file in files}

    shutil.copytree(digit_catalogue, fresh.path("data/catalogue"))
    fresh.lookalike("stac-items", "data/catalogue", "--label", "class")
    assert ingested("data/items.parquet") == ingested("data/catalogue")
