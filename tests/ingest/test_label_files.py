"""Label files of every kind, in their usual places."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.ingest.manifest import Manifest, make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams

RECORDS = [
    {"file_name": "images/1.jpg", "label": "cat"},
    {"file_name": "images/2.jpg", "label": "007"},
]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos/images").mkdir(parents=True)
    for number in (1, 2):
        (tmp_path / f"photos/images/{number}.jpg").write_bytes(b"x")
    return tmp_path / "photos"


def write(file: Path, records: list[dict[str, Any]]) -> None:
    match file.suffix:
        case ".csv" | ".tsv":
            delimiter = "," if file.suffix == ".csv" else "\t"
            lines = [list(records[0]), *(record.values() for record in records)]
            file.write_text("".join(delimiter.join(line) + "\n" for line in lines))
        case ".jsonl":
            file.write_text("".join(json.dumps(record) + "\n" for record in records))
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(records), file)


def understood(source: Path, **label_file: Any) -> Manifest:
    params = IngestParams.model_validate({"source": str(source), "label_file": label_file})
    return make_manifest(open_source(params), params, source.parent)


def labels(manifest: Manifest) -> list[str | None]:
    return [file.label for file in manifest.candidates]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_a_table_under_a_usual_name_labels_the_files_beside_it(photos: Path, kind: str) -> None:
    write(photos / f"metadata.{kind}", RECORDS)
    assert labels(understood(photos)) == ["cat", "007"]


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_a_table_can_be_the_source(photos: Path, kind: str) -> None:
    write(photos / f"any name.{kind}", RECORDS)
    assert labels(understood(photos / f"any name.{kind}")) == ["cat", "007"]


def test_columns_can_be_named(photos: Path) -> None:
    write(photos / "birds.csv", [{"bild": "1.jpg", "art": "Meise"}, {"bild": "2.jpg", "art": "NA"}])
    manifest = understood(photos, path="birds.csv", path_column="bild", label_column="art")
    assert labels(manifest) == ["Meise", "NA"]


def test_coco_annotations_are_labels(photos: Path) -> None:
    coco = {
        "images": [{"id": 1, "file_name": "1.jpg"}, {"id": 2, "file_name": "2.jpg"}],
        "categories": [{"id": 7, "name": "cat"}, {"id": 8, "name": "dog"}],
        "annotations": [
            {"image_id": 1, "category_id": 8},
            {"image_id": 1, "category_id": 7},
            {"image_id": 2, "category_id": 7},
        ],
    }
    (photos / "instances.json").write_text(json.dumps(coco))
    manifest = understood(photos, path="instances.json")
    assert labels(manifest) == ["dog", "cat"]
    assert manifest.remarks[1].startswith("several labels of 1 file: the first is trained on")


def test_a_table_outside_the_source_has_to_be_pinned(photos: Path) -> None:
    table = photos.parent / "birds.csv"
    write(table, RECORDS)
    with pytest.raises(LookalikeError, match=r"lies outside the source.*pin this one"):
        understood(photos, path="birds.csv")
    assert labels(understood(photos, path="birds.csv", sha256=sha256_of_file(table)))[0] == "cat"


def test_a_table_of_other_files_is_a_remark_unless_it_was_asked_for(photos: Path) -> None:
    write(photos / "labels.csv", [{"file_name": "9.jpg", "label": "cat"}])
    assert "labels.csv is not read for labels: none of its 1 row" in understood(photos).remarks[0]
    with pytest.raises(LookalikeError, match=r"labels\.csv: none of its 1 row"):
        understood(photos, path="labels.csv")


def test_label_files_without_end_that_say_nothing_are_few_remarks(photos: Path) -> None:
    for number in range(40):
        (photos / str(number)).mkdir()
        write(photos / f"{number}/labels.csv", [{"file_name": "9" * 10**4, "label": "cat"}])
    remarks = understood(photos).remarks
    assert len(remarks) == 6
    assert remarks[-1] == "35 other files are not read for labels"
    assert max(map(len, remarks)) <= 500


def test_files_that_have_moved_are_found_by_their_names(photos: Path) -> None:
    moved = [{"file_name": f"raw/{n}.jpg", "label": label} for n, label in ((1, "cat"), (2, "dog"))]
    write(photos / "labels.csv", moved)
    assert labels(understood(photos)) == ["cat", "dog"]


def test_names_that_repeat_find_nothing(photos: Path) -> None:
    moved = [{"file_name": f"{folder}/1.jpg", "label": folder} for folder in ("a", "b")]
    write(photos / "labels.csv", moved)
    assert "labels.csv is not read for labels: none of its 2 rows" in understood(photos).remarks[0]
