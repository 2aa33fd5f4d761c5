"""Images inside of Parquet files, laid out as the `datasets` library of Hugging Face does it."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.parquet_images import ParquetSource
from lookalike.ingest.source import Candidate, Source, UnreadableError

CLASSES = ["zero", "one", "two"]
FEATURES = {"label": {"names": CLASSES, "_type": "ClassLabel"}, "image": {"_type": "Image"}}


def write(file: Path, files: dict[str, bytes], rows_a_group: int = 4) -> None:
    """Images with the class that the first letter of their path numbers, and its length."""
    table = pa.table(
        {
            "image": [{"bytes": data, "path": path} for path, data in files.items()],
            "label": [int(path[0]) for path in files],
            "size": [len(data) for data in files.values()],
        }
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": FEATURES}})})
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, row_group_size=rows_a_group)


def understood(source: Path) -> tuple[Source, list[Candidate]]:
    params = IngestParams(source=str(source))
    opened = open_source(params)
    return opened, make_manifest(opened, params).candidates


def test_every_row_is_an_image_with_its_label_and_columns(
    tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    write(tmp_path / "digits.parquet", digit_files)
    source, found = understood(tmp_path / "digits.parquet")
    assert [source.read(candidate) for candidate in found] == list(digit_files.values())
    assert [candidate.label for candidate in found] == [CLASSES[int(p[0])] for p in digit_files]
    first = next(iter(digit_files))
    assert found[0].path == "digits/00000000.png"
    assert found[0].uri == f"{tmp_path}/digits.parquet#0"
    assert dict(found[0].columns) == {"size": len(digit_files[first]), "file_name": first}


def test_the_files_of_a_downloaded_data_set_are_one_source_split_by_their_names(
    tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    some = list(digit_files.items())
    write(tmp_path / "data/train-00000-of-00002.parquet", dict(some[:10]))
    write(tmp_path / "data/train-00001-of-00002.parquet", dict(some[10:20]))
    write(tmp_path / "data/test-00000-of-00001.parquet", dict(some[20:]))
    (tmp_path / "README.md").write_text("A data set.")
    (tmp_path / ".gitattributes").write_text("*.parquet filter=lfs")
    source, found = understood(tmp_path)
    assert isinstance(source, ParquetSource)
    assert [file.source_split for file in found] == ["test"] * 4 + ["train"] * 20
    assert {source.read(file) for file in found} == set(digit_files.values())


def test_rows_may_be_read_in_any_order(tmp_path: Path, digit_files: dict[str, bytes]) -> None:
    write(tmp_path / "digits.parquet", digit_files)
    source, found = understood(tmp_path / "digits.parquet")
    backwards = [source.read(candidate) for candidate in reversed(found)]
    assert backwards == list(digit_files.values())[::-1]


def test_a_column_of_bytes_will_do(tmp_path: Path, digit_files: dict[str, bytes]) -> None:
    columns: dict[str, Any] = {"png": list(digit_files.values()), "class": list(digit_files)}
    pq.write_table(pa.table(columns), tmp_path / "digits.parquet")
    source, found = understood(tmp_path / "digits.parquet")
    assert [source.read(candidate) for candidate in found] == list(digit_files.values())
    assert [candidate.label for candidate in found] == list(digit_files)


def test_a_row_without_an_image_is_one_rejection(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [b"x", None]}), tmp_path / "some.parquet")
    source, (full, empty) = understood(tmp_path / "some.parquet")
    assert source.read(full) == b"x"
    with pytest.raises(UnreadableError, match="the row holds no image"):
        source.read(empty)


def test_images_beside_parquet_files_are_not_lost(
    tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    write(tmp_path / "thumbnails.parquet", digit_files)
    (tmp_path / "photo.jpg").write_bytes(b"x")
    _, found = understood(tmp_path)
    assert [candidate.path for candidate in found] == ["photo.jpg"]


def test_a_damaged_file_among_others_is_one_line(
    tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    write(tmp_path / "a.parquet", digit_files)
    (tmp_path / "b.parquet").write_bytes(b"PAR1 not whole")
    with pytest.raises(LookalikeError, match=r"ingest\.source: .*b\.parquet: "):
        understood(tmp_path)
