"""Images from a STAC catalog, in real projects."""

import json
import shutil
from pathlib import Path

import pytest

from .conftest import Project

STAC = {"asset": None, "label": "class", "split": "ml-aoi:split", "where": None}


@pytest.mark.full
def test_a_changed_item_of_a_catalog_reruns_ingest(fresh: Project, digit_catalog: Path) -> None:
    shutil.copytree(digit_catalog, fresh.path("data/catalog"))
    fresh.set_params(ingest__source="data/catalog", ingest__stac=STAC)
    fresh.run("dvc", "repro", "ingest")
    metrics = json.loads(fresh.read("metrics/ingest.json"))
    assert (metrics["images"], metrics["classes"], metrics["rejected"]) == (24, 3, 0)
    assert "up to date" in fresh.run("dvc", "status", "ingest").stdout

    item = fresh.path("data/catalog/train/digit-1-2.json")
    item.write_text(item.read_text().replace('"train"', '"test"'))
    status = fresh.run("dvc", "status", "ingest").stdout
    assert "modified:" in status
    assert "data/catalog" in status


@pytest.mark.full
def test_a_frozen_catalog_gives_the_same_image_store(fresh: Project, digit_catalog: Path) -> None:
    def ingested(source: str) -> dict[str, bytes]:
        fresh.set_params(ingest__source=source, ingest__stac=STAC)
        fresh.run("python", "src/ingest.py")
        files = sorted(fresh.path("data/images").iterdir())
        return {file.name: file.read_bytes() for file in files}

    shutil.copytree(digit_catalog, fresh.path("data/catalog"))
    fresh.lookalike("stac-items", "data/catalog", "--label", "class")
    assert ingested("data/items.parquet") == ingested("data/catalog")
