"""Columns beside path, label and split: which there are, of which type, and with which values."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.manifest import Manifest, make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photographs, `a.jpg`, `b.jpg` and `c.jpg`."""
    for name in "abc":
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
    return tmp_path


def understood(source: Path, **params: Any) -> Manifest:
    every = IngestParams.model_validate({"source": str(source), **params})
    return make_manifest(open_source(every), every)


def columns(manifest: Manifest) -> dict[str, list[Any]]:
    return {
        field.name: [file.columns.get(field.name) for file in manifest.candidates]
        for field in manifest.columns
    }


def test_every_column_of_a_label_file_goes_with_the_images(photos: Path) -> None:
    header = "path,label,photographer,year,height_m,code"
    rows = "a.jpg,cat,Ada,1999,1.5,007\nb.jpg,dog,,2001,2,1"
    (photos / "labels.csv").write_text(f"{header}\n{rows}\n")
    manifest = understood(photos)
    assert {field.name: field.type for field in manifest.columns} == {
        "photographer": pa.string(),
        "year": pa.int64(),
        "height_m": pa.float64(),
        "code": pa.string(),
    }
    assert columns(manifest) == {
        "photographer": ["Ada", None, None],
        "year": [1999, 2001, None],
        "height_m": [1.5, 2.0, None],
        "code": ["007", "1", None],
    }


def test_a_table_that_is_the_source_has_them_too(photos: Path) -> None:
    (photos / "any.csv").write_text("path,label,year\na.jpg,cat,1999\n")
    assert columns(understood(photos / "any.csv")) == {"year": [1999]}


def test_several_labels_are_a_column_of_lists_and_the_first_is_the_label(photos: Path) -> None:
    (photos / "labels.csv").write_text("path,label\na.jpg,cat|dog\nb.jpg,dog\n")
    manifest = understood(photos)
    assert [file.label for file in manifest.candidates] == ["cat", "dog", None]
    assert columns(manifest) == {"labels": [["cat", "dog"], ["dog"], None]}
    remark = "several labels of 1 file: the first is trained on, the column labels has all"
    assert remark in manifest.remarks


def test_one_label_each_makes_no_column(photos: Path) -> None:
    (photos / "labels.csv").write_text("path,label\na.jpg,cat\nb.jpg,dog\n")
    assert understood(photos).columns == []


def test_what_several_rows_say_of_a_file_is_a_list(photos: Path) -> None:
    rows = "path,label,part\na.jpg,cat,ear\na.jpg,cat,paw\nb.jpg,dog,ear\n"
    (photos / "labels.csv").write_text(rows)
    assert columns(understood(photos)) == {"part": [["ear", "paw"], ["ear"], None]}


def test_lists_numbers_and_truth_values_of_json_are_taken(photos: Path) -> None:
    row = {"file_name": "a.jpg", "label": ["x", "y"], "tags": ["old"], "n": 3, "ok": True}
    (photos / "metadata.jsonl").write_text(json.dumps(row) + "\n")
    assert {name: values[0] for name, values in columns(understood(photos)).items()} == {
        "tags": "old",
        "n": 3,
        "ok": "true",
        "labels": ["x", "y"],
    }


def test_what_cannot_be_a_column_is_said(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"file_name": "a.jpg", "label": "x", "box": {"left": 1}, "width": 3, "n": 1}
    (photos / "metadata.jsonl").write_text(json.dumps(row) + "\n")
    assert list(columns(understood(photos))) == ["n"]
    said = capsys.readouterr().err
    assert "metadata.jsonl: not taken are 'width': every image has columns of these names" in said
    assert "metadata.jsonl: not taken are 'box': they hold more than text, numbers" in said


def test_exif_is_a_column_on_request(photos: Path) -> None:
    manifest = understood(photos, exif=["position", "camera"])
    assert [field.name for field in manifest.columns] == ["camera", "latitude", "longitude"]


def test_a_column_of_exif_and_of_a_label_file_is_a_mistake(photos: Path) -> None:
    (photos / "labels.csv").write_text("path,label,camera\na.jpg,cat,old\n")
    with pytest.raises(LookalikeError, match=r"a label file has .*'camera', which ingest\.exif"):
        understood(photos, exif=["camera"])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("9007199254740991", pa.int64()),
        ("9007199254740993", pa.string()),
        ("9" * 5000, pa.string()),
        ("1e5", pa.float64()),
        ("1e999", pa.string()),
        ("-0.5", pa.float64()),
        ("+1", pa.string()),
        ("1_000", pa.string()),
        ("nan", pa.string()),
        ("٣", pa.string()),
    ],
)
def test_a_number_is_what_is_written_as_one(photos: Path, text: str, kind: pa.DataType) -> None:
    (photos / "labels.csv").write_text(f"path,label,value\na.jpg,cat,{text}\n")
    assert [field.type for field in understood(photos).columns] == [kind]


def test_half_a_letter_is_no_text(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "metadata.jsonl").write_text(
        '{"file_name": "a.jpg", "label": "x", "note": "\\ud800", "\\udfff": 1}\n'
    )
    assert understood(photos).columns == []
    assert "not taken are 'note', '\\udfff'" in capsys.readouterr().err
