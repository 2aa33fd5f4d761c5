"""Values that are legal JSON, or legal Parquet, and that nobody expects in items."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import reduce
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams, StacParams
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac import items
from lookalike.ingest.stac.complete_item import complete_item
from lookalike.ingest.stac.items import items_table, write_items

OneLine = Callable[..., AbstractContextManager[None]]
ITEM: dict[str, Any] = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "a",
    "properties": {"datetime": "2020-01-01T00:00:00Z"},
    "geometry": {"type": "Point", "coordinates": [1, 2]},
    "bbox": [1, 2, 1, 2],
    "links": [],
    "assets": {"image": {"href": "a.png", "type": "image/png"}},
}
DEEP: Any = reduce(lambda inner, _: {"a": [inner]}, range(300), 1)


def properties(**more: Any) -> dict[str, Any]:
    return {"properties": {"datetime": "2020-01-01T00:00:00Z", **more}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": "\ud800"}, "not Unicode"),
        ({"collection": 7}, "its collection is not text"),
        ({"bbox": ["a"] * 4}, "its bbox is not 4 or 6 numbers"),
        ({"bbox": [1]}, "its bbox"),
        ({"bbox": {"a": 1}}, "its bbox"),
        ({"bbox": [10**400] * 4}, "64 bits"),
        ({"stac_extensions": [7]}, "its extensions"),
        ({"assets": {"image": {"href": "\ud800.png"}}}, "not Unicode"),
        ({"assets": {"image": {"href": "a.png", "x": DEEP}}}, "nested deeper"),
        (properties(a=DEEP), "nested deeper"),
        (properties(**{"\udfff": 1}), "not Unicode"),
        (properties(**{"a\0b": 1}), "a name with a null character"),
        (properties(created="yesterday"), "its created is 'yesterday'"),
        (properties(updated=5), "its updated is 5"),
        (properties(start_datetime="10000-01-01T00:00:00Z"), "its start_datetime"),
        (properties(end_datetime="2020-01-01T00:00:00+99:99"), "its end_datetime"),
    ],
)
def test_what_no_table_can_hold_is_the_fault_of_its_item(
    fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UnreadableError, match=reason) as caught:
        complete_item(json.loads(json.dumps(ITEM | fields)), "/x/a.json")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "a\0b"},
        {"id": "a\nb"},
        {"collection": "a\0"},
        {"bbox": [float("nan")] * 4},
        {"geometry": {"type": "Point", "coordinates": [float("nan"), float("inf")]}, "bbox": None},
        {"geometry": {"type": 7, "coordinates": [1, 2]}, "bbox": None},
        {"geometry": {"type": "Cube", "coordinates": []}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1, 2], [3]]]}},
        {"geometry": {"type": "LineString", "coordinates": [[n, n] for n in range(10**5)]}},
        properties(n=2**63 - 1, x=float("nan"), y=1e308),
        properties(id="b", assets="c", geometry="d", links=7, type=1),
        properties(**{"": 1, "A": 3, "a": 4}),
        properties(a={}, b=[], c=[1, "a", None, {}]),
        properties(created="0001-01-01T00:00:00Z", updated="9999-12-31T23:59:59Z"),
    ],
)
def test_other_odd_values_stand_beside_ordinary_ones(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    both = [ITEM | fields, ITEM | {"id": "ordinary"}]
    found = [complete_item(json.loads(json.dumps(item)), "/x/a.json") for item in both]
    write_items(items_table(found, "items"), tmp_path / "items.parquet")
    stac = StacParams(asset="image", folders=["/x"])
    source = open_source(IngestParams(source="items.parquet", stac=stac), tmp_path)
    assert len(source.candidates()) == 2


def test_an_address_that_no_path_can_be_is_one_line(
    tmp_path: Path, one_line_error: OneLine
) -> None:
    item = complete_item(ITEM | {"assets": {"image": {"href": "a\0.png"}}}, "/x/a.json")
    write_items(items_table([item], "items"), tmp_path / "items.parquet")
    params = IngestParams(source="items.parquet", stac=StacParams(asset="image"))
    with one_line_error("outside of the project"):
        open_source(params, tmp_path).candidates()


def test_items_with_other_names_each_make_no_table_of_names(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLine
) -> None:
    """A thousand items with a thousand names each would make a column for every value."""
    monkeypatch.setattr(items, "MOST_CELLS", 10**5)
    odd = [
        ITEM | {"id": str(n)} | properties(a={f"{n}-{m}": 1 for m in range(100)}) for n in range(50)
    ]
    with one_line_error("items: 50 items have more than 2000 different names"):
        items_table(odd, "items")


COLUMNS = {
    "numbers": pa.array([5]),
    "lists": pa.array([["a"]]),
    "bytes": pa.array([b"\xff"]),
    "nothing": pa.nulls(1),
    "times after the year 9999": pa.array([2**62], pa.timestamp("us")),
    "times of Mars": pa.array([0], pa.timestamp("us", "Mars/Phobos")),
    "durations": pa.array([2**60], pa.duration("us")),
    "text that is not UTF-8": pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    ),
    "text with a null character": pa.array(["a\0b"]),
    "views of text": pa.array(["x"], pa.string_view()),
    "dictionaries": pa.array(["x"]).dictionary_encode(),
}


@pytest.mark.full
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_file_of_items_may_have_columns_of_any_type(kind: str, tmp_path: Path) -> None:
    column = COLUMNS[kind]
    image = pa.StructArray.from_arrays([pa.array(["a.png"])], ["href"])
    ordinary = pa.StructArray.from_arrays([image], ["image"])
    odd_asset = pa.StructArray.from_arrays([column], ["image"])
    odd_href = pa.StructArray.from_arrays([column], ["href"])
    tables = [
        {"id": column, "assets": ordinary},
        {"id": ["a"], "assets": column},
        {"id": ["a"], "assets": odd_asset},
        {"id": ["a"], "assets": pa.StructArray.from_arrays([odd_href], ["image"])},
        {"id": ["a"], "assets": ordinary, "class": column},
        {"id": ["a"], "assets": ordinary, "ml-aoi:split": column},
    ]
    for table in tables:
        pq.write_table(pa.table(table), tmp_path / "items.parquet")
        stac = StacParams(asset="image", label="class" if "class" in table else None)
        source = open_source(IngestParams(source="items.parquet", stac=stac), tmp_path)
        try:
            assert len(source.candidates()) == 1
        except LookalikeError as error:
            assert len(str(error).splitlines()) == 1
