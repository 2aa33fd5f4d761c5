"""One data set as people have it: as it was published, with a table of labels, split on disk."""

import csv
import io
import tarfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lookalike.core.hashing import sha256_of_file
from lookalike.images.inspect import inspect
from lookalike.ingest.examine import Limits, examined
from lookalike.ingest.intake import Intake
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.read_ahead import read_ahead

CLASSES = ("BACKGROUND_Google", "anchor", "ant", "barrel", "bass")
SPLITS = ("train", "valid", "test")
# What differs between layouts: where a file lies, and whether its place says a split.
PLACES = {"path", "source", "source_split"}


@pytest.fixture(scope="module")
def files(shared: Path) -> dict[str, bytes]:
    """Thirty images of each of five classes of Caltech-101, by `CLASS/NAME`."""
    return {
        f"{label}/{file.name}": file.read_bytes()
        for label in CLASSES
        for file in sorted((shared / "data/caltech101" / label).iterdir())[:30]
    }


def rows(params: IngestParams) -> list[dict[str, Any]]:
    """The rows of a source, without their places, sorted by id."""
    source = open_source(params)
    intake = Intake(make_manifest(source, params))
    look = partial(inspect, max_pixels=10**7)
    found = examined(
        read_ahead(source, intake.manifest.candidates), look, 0, Limits.for_images(10**7, 60)
    )
    taken = list(intake.rows(found))
    intake.check_complete()
    stripped = [{key: row[key] for key in row.keys() - PLACES} for row in taken]
    return sorted(stripped, key=lambda row: row["id"])


def write(folder: Path, files: dict[str, bytes]) -> str:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return str(folder)


def test_caltech_101_gives_the_same_rows_in_every_layout(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    expected = rows(IngestParams(source=write(tmp_path / "folders", files)))
    assert len(expected) == len(files)
    assert {row["label"] for row in expected} == set(CLASSES)

    archive = tmp_path / "101_ObjectCategories.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(f"101_ObjectCategories/{path}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    assert rows(IngestParams(source=str(archive), labels="parent")) == expected

    flat = {path.replace("/", "-"): data for path, data in files.items()}
    table = tmp_path / "labels.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerow(["image", "class"])
        csv.writer(file).writerows((p.replace("/", "-"), p.partition("/")[0]) for p in files)
    pinned = {"path": str(table), "sha256": sha256_of_file(table)}
    listed = IngestParams.model_validate(
        {"source": write(tmp_path / "flat", flat), "label_file": pinned}
    )
    assert rows(listed) == expected

    split = {f"{SPLITS[n % 3]}/{path}": data for n, (path, data) in enumerate(files.items())}
    assert rows(IngestParams(source=write(tmp_path / "split", split))) == expected
