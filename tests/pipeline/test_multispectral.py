"""The whole pipeline on images with more than three bands."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from .conftest import Project

RunStages = Callable[..., Project]


@pytest.fixture
def tiles(tmp_path: Path, tile_files: dict[str, bytes]) -> Path:
    """A folder of the tiles, in class folders."""
    for path, data in tile_files.items():
        (tmp_path / "tiles" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tiles" / path).write_bytes(data)
    return tmp_path / "tiles"


def search(project: Project, tile: Path) -> list[str]:
    """The labels of the ten tiles most like one, itself first."""
    answer = json.loads(project.lookalike("search", str(tile), "--json").stdout)
    assert answer["hits"][0]["path"] == f"{tile.parent.name}/{tile.name}"
    return [hit["label"] for hit in answer["hits"]]


@pytest.mark.full
def test_all_bands_of_a_folder_of_tiles(
    run_stages: RunStages, tiles: Path, geotiff: Callable[..., bytes]
) -> None:
    other = geotiff(np.ones((4, 32, 32), np.uint16))
    (tiles / "water" / "other.tif").write_bytes(other)
    (tiles / "water" / "photo.jpg").write_bytes(b"\xff\xd8\xff no TIFF")
    params = {"ingest__bands": "all", "train__backbone": "cnn:8", "base__threads": 1}
    project = run_stages(tiles, **params)
    assert project.read("data/rejected.csv").splitlines()[1:] == [
        f'water/other.tif,"4 bands, but the first image has 5",{len(other)},refused,,',
        "water/photo.jpg,not a TIFF file,11,refused,,",
    ]
    model = json.loads(project.read("models/model/model.json"))
    assert (model["channels"], model["bands"]) == (5, {"chosen": "all", "rgb": None})
    assert model["mean"][:4] == pytest.approx([800, 700, 600, 500], rel=0.02)
    assert json.loads(project.read("metrics/index.json"))["gallery"]["recall_at_1"] == 1.0
    assert project.path("metrics/figures/queries.png").is_file()
    assert search(project, tiles / "crop" / "3.tif") == ["crop"] * 10


@pytest.mark.full
def test_a_network_on_a_few_bands_without_training(run_stages: RunStages, tiles: Path) -> None:
    project = run_stages(tiles, ingest__bands=[5, 2], ingest__rgb=[3, 2, 1], train__epochs=0)
    model = json.loads(project.read("models/model/model.json"))
    assert (model["channels"], model["classes"]) == (2, [])
    assert search(project, tiles / "water" / "3.tif") == ["water"] * 10


@pytest.mark.full
def test_the_eurosat_preset_learns_from_a_hundred_real_tiles_of_a_catalog(
    fresh: Project, sentinel_tiles: list[Path]
) -> None:
    catalog = next(f for f in sentinel_tiles[0].parents if (f / "catalog.json").is_file())
    fresh.lookalike("preset", "eurosat", "--source", str(catalog))
    for stage in ("ingest", "split", "train", "export", "evaluate"):
        fresh.run("python", f"src/{stage}.py")
    sides = json.loads(fresh.read("metrics/split.json"))
    assert (sides["train"], sides["valid"], sides["test"]) == (60, 20, 20)
    assert json.loads(fresh.read("models/model/model.json"))["channels"] == 13
    metrics = json.loads(fresh.read("metrics/evaluate.json"))
    assert metrics["accuracy"] > 0.4  # ten classes
