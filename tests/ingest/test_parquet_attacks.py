"""Parquet files of kilobytes that unpack to gigabytes, and footers that lie."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest import parquet_file
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.tables import read_table

OneLineError = Callable[..., AbstractContextManager[None]]
TOO_MUCH = "takes more memory than a file of its size may"


@pytest.fixture(autouse=True)
def _little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bombs are of megabytes, which take less time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parquet_file, "TABLE_BYTES", 2**24)
    monkeypatch.setattr(parquet_file, "TABLE_VALUES", 2**20)


def zeros(kind: pa.DataType, size: int) -> pa.Array:
    """One value of so many bytes, all of them zero."""
    data, ends = np.zeros(size, np.uint8), np.array([0, size], np.int32)
    return pa.Array.from_buffers(kind, 1, [None, pa.py_buffer(ends), pa.py_buffer(data)])


def long_list(length: int) -> pa.Array:
    ends = pa.array([0, length], pa.int32())
    return pa.ListArray.from_arrays(ends, pa.nulls(length, pa.bool_()))


def shared(times: int) -> pa.Array:
    """A text of a megabyte, so many times; it is stored once."""
    return pa.array(["x" * 2**20] * times).dictionary_encode()


SECOND_LOOKS = {"a page of gigabytes", "lists of a value that stands for thousands"}
BOMBS = {
    "a page of gigabytes": lambda: zeros(pa.string(), 2**29),
    "a value that stands for thousands": lambda: shared(2000),
    "a list of very many": lambda: long_list(2**27),
    "lists of a value that stands for thousands": lambda: pa.ListArray.from_arrays(
        pa.array([0, 2000], pa.int32()), shared(2000)
    ),
}


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(bomb, marks=[pytest.mark.full] if bomb in SECOND_LOOKS else [])
        for bomb in BOMBS
    ],
)
def test_a_table_that_unpacks_to_a_thousand_times_its_size_is_one_line(bomb: str) -> None:
    column = BOMBS[bomb]()
    paths = pa.array([f"{number}.jpg" for number in range(len(column))])
    table = pa.table({"file_name": paths, "label": column})
    pq.write_table(table, "labels.parquet", compression="zstd", write_statistics=False)
    before = psutil.Process().memory_info().rss
    with pytest.raises(ValueError, match=f"^is not Parquet: (unpacks to|{TOO_MUCH})") as caught:
        read_table("labels.parquet", Path("labels.parquet").read_bytes())
    assert "\n" not in str(caught.value)
    assert psutil.Process().memory_info().rss - before < 2**26


def test_more_rows_than_bytes_are_one_line() -> None:
    pq.write_table(pa.table({"label": pa.nulls(2**21)}), "labels.parquet")
    with pytest.raises(ValueError, match="its footer says 2097152 rows; so large"):
        read_table("labels.parquet", Path("labels.parquet").read_bytes())


def test_an_image_that_unpacks_to_a_thousand_times_its_size_is_one_rejection() -> None:
    images = {"image": zeros(pa.binary(), 2**28), "label": ["a"]}
    pq.write_table(pa.table(images), "bomb.parquet", compression="zstd", write_statistics=False)
    params = IngestParams(source="bomb.parquet", max_bytes=2**22)
    source = open_source(params)
    (candidate,) = make_manifest(source, params).candidates
    with pytest.raises(UnreadableError, match=TOO_MUCH):
        source.read(candidate, Allowance(params.max_bytes))


def test_images_that_fill_one_page_are_read_one_after_the_other() -> None:
    random = np.random.default_rng(0)
    files = [random.bytes(2**20) for _ in range(40)]
    pq.write_table(pa.table({"image": files}), "photos.parquet", use_dictionary=False)
    with Path("photos.parquet").open("rb") as opened, closing(ParquetFile(opened, 2**21)) as file:
        assert [file.image(0, row) for row in (0, 39, 5)] == [files[0], files[39], files[5]]


def test_a_footer_that_lies_about_its_rows_is_one_line() -> None:
    pq.write_table(pa.table({"image": [b"x", b"y"]}), "a.parquet")
    with Path("a.parquet").open("rb") as opened, closing(ParquetFile(opened)) as file:
        assert file.image(0, 1) == b"y"
        with pytest.raises(NotParquetError, match="has fewer rows than its footer says"):
            file.image(0, 2)


def test_types_in_types_without_end_are_one_line(one_line_error: OneLineError) -> None:
    kind: pa.DataType = pa.string()
    for _ in range(60):
        kind = pa.struct({"a": kind})
    table = pa.table({"id": ["a"], "assets": pa.nulls(1, kind)})
    pq.write_table(table, "items.parquet")
    with one_line_error("items.parquet: is not a Parquet file: its types are nested deeper than"):
        open_source(IngestParams(source="items.parquet")).candidates()


def test_a_file_of_items_that_unpacks_to_a_thousand_times_its_size_is_one_line(
    one_line_error: OneLineError,
) -> None:
    assets = [{"image": {"href": "a.png"}}]
    table = pa.table({"id": ["a"], "assets": assets, "note": zeros(pa.string(), 2**29)})
    pq.write_table(table, "items.parquet", compression="zstd", write_statistics=False)
    with one_line_error(f"items.parquet: is not a Parquet file: {TOO_MUCH}"):
        open_source(IngestParams(source="items.parquet")).candidates()


@pytest.mark.full
@pytest.mark.parametrize("place", ["file_name", "label", "split", "size", "path of an image"])
@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62], pa.timestamp("us")),
        pa.array([0], pa.timestamp("us", "Mars/Phobos")),
        pa.array([{"a": 1}]),
        pa.array([b"\xff"]),
        pa.array(["a\0b"]),
        pa.array(["x"], pa.string_view()),
        pa.Array.from_buffers(
            pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
        ),
    ],
)
def test_a_column_of_any_type_is_read_or_one_line(place: str, column: pa.Array) -> None:
    table: dict[str, object] = {"file_name": ["a.jpg"], "label": ["a"]} | {place: column}
    if place == "path of an image":
        image = pa.StructArray.from_arrays([pa.array([b"x"]), column], ["bytes", "path"])
        table = {"image": image, "label": ["a"]}
    pq.write_table(pa.table(table), "a.parquet")
    params = IngestParams(source="a.parquet")
    try:
        source = open_source(params)
        (candidate,) = make_manifest(source, params).candidates
        source.read(candidate)
    except UnreadableError as error:
        assert len(str(error).splitlines()) == 1
    except LookalikeError as error:
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    "written",
    ["[]", "{", "[" * 5000, '{"info": 7}', '{"info": {"features": {"label": 7}}}']
    + [
        f'{{"info": {{"features": {{"label": {{"_type": "ClassLabel", "names": {names}}}}}}}}}'
        for names in ("7", '{"a": 1}', "[7, null]")
    ],
)
def test_what_a_writer_notes_of_its_classes_is_believed_or_not(written: str) -> None:
    table = pa.table({"image": [b"x"], "label": [0]})
    noted = table.replace_schema_metadata({"huggingface": written})
    pq.write_table(noted, "a.parquet")
    params = IngestParams(source="a.parquet")
    (candidate,) = make_manifest(open_source(params), params).candidates
    assert candidate.label in {"0", "7"}
