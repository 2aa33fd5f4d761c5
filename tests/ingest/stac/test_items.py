from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.ingest.stac.items import items_table, matching, read_items, write_items

OneLine = Callable[..., AbstractContextManager[None]]


def item(id: str, collection: str = "c", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": id,
        "collection": collection,
        "geometry": {"type": "Point", "coordinates": [3, 4]},
        "bbox": [3, 4, 3, 4],
        "properties": {"datetime": "2020-01-01T00:00:00Z", **properties},
        "links": [{"rel": "self", "href": "https://example.org/a?token=SECRET"}],
        "assets": {"image": {"href": "a.png"}},
    }


def ids(table: pa.Table) -> list[str]:
    found: list[str] = table["id"].to_pylist()
    return found


NUMBERED = [item(name, **{"my:number": n, "a.b": n / 2}) for n, name in enumerate("abcd")]


def test_items_are_sorted_by_collection_and_id() -> None:
    table = items_table([item("b", "y"), item("a", "y"), item("c", "x")], "here")
    assert list(zip(table["collection"].to_pylist(), ids(table), strict=True)) == [
        ("x", "c"),
        ("y", "a"),
        ("y", "b"),
    ]


def test_an_item_that_comes_twice_is_kept_once() -> None:
    assert ids(items_table([item("a"), item("b"), item("a")], "here")) == ["a", "b"]


def test_two_different_items_with_one_name_are_one_line(one_line_error: OneLine) -> None:
    with one_line_error("here: ", "two different items", "id a", "collection c"):
        items_table([item("a", x=1), item("a", x=2)], "here")


def test_the_same_items_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    for name, items in (("1", NUMBERED), ("2", NUMBERED[::-1])):
        write_items(items_table(items, "here"), tmp_path / name)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert b"SECRET" not in (tmp_path / "1").read_bytes()


def test_values_of_different_kinds_become_text() -> None:
    one, two = item("a", x=1), item("b", x={"deep": [1]})
    one["assets"]["image"]["nodata"], two["assets"]["image"]["nodata"] = 0, "nan"
    table = items_table([one, two, item("c"), item("d", x="text")], "here")
    assert table["x"].to_pylist() == ["1", '{"deep": [1]}', None, "text"]
    assert [a["image"]["nodata"] for a in table["assets"].to_pylist()] == ["0", "nan", None, None]


def test_an_item_may_lie_nowhere_and_have_a_box_with_heights() -> None:
    nowhere, high = item("a"), item("b")
    nowhere["geometry"], high["bbox"] = None, [1, 2, 0, 3, 4, 9]
    del nowhere["bbox"]
    boxes = items_table([nowhere, high], "here")["bbox"].to_pylist()
    assert boxes[1] == {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('"my:number" >= 1 and "a.b" < 1.5', ["b", "c"]),
        ("collection = 'c' and id <> 'a'", ["b", "c", "d"]),
        ("year(datetime) = 2020", ["a", "b", "c", "d"]),
        ("bbox.xmin > 2 and id in ('d', 'a')", ["a", "d"]),
        ("id = 'a' -- a comment", ["a"]),
    ],
)
def test_an_expression_keeps_what_it_is_true_for(where: str, expected: list[str]) -> None:
    assert ids(matching(items_table(NUMBERED, "here"), where, "where")) == expected


@pytest.mark.parametrize(
    "where",
    [
        "id = 'a'; COPY (SELECT 1) TO '{folder}/evil.csv'",
        "1=1); COPY (SELECT 1) TO '{folder}/evil.csv'; SELECT (1=1",
        "id IN (SELECT content FROM read_text('{folder}/secret'))",
        "id IN (SELECT column0 FROM read_csv('{folder}/secret'))",
        "EXISTS (SELECT * FROM '{folder}/secret.csv')",
        "EXISTS (SELECT * FROM glob('{folder}/*'))",
        "EXISTS (SELECT * FROM NUMBERED)",
        "ATTACH '{folder}/evil.db'",
        "INSTALL spatial",
        "SET enable_external_access = true",
        "LOAD spatial",
        "PRAGMA database_list",
        "COPY (SELECT 1) TO '{folder}/evil.csv'",
        "EXISTS (FROM read_blob('{folder}/secret'))",
        "EXISTS (FROM read_json('{folder}/secret'))",
        "EXISTS (FROM sniff_csv('{folder}/secret'))",
        "EXISTS (FROM read_parquet('https://example.org/a.parquet'))",
        "EXISTS (FROM 's3://bucket/a.parquet')",
        "EXISTS (FROM duckdb_secrets())",
        "id = getenv('HOME')",
        "id IN (FROM query('FROM read_text(''{folder}/secret'')'))",
        "EXPORT DATABASE '{folder}/evil'",
        "CREATE TABLE evil AS SELECT 1",
        "id = 'a' ORDER BY id",
        'sum("my:number") > 3',
        "id = 1",
        "id = ?",
        "nonsense (",
        " ",
    ],
)
def test_an_expression_that_is_more_or_less_than_one_is_one_line(
    where: str, tmp_path: Path, one_line_error: OneLine
) -> None:
    (tmp_path / "secret").write_text("SECRET")
    with one_line_error("where: ", "; the columns are a.b, collection, datetime, id, my:number"):
        matching(items_table(NUMBERED, "here"), where.format(folder=tmp_path), "where")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_column_that_is_not_there_is_named(one_line_error: OneLine) -> None:
    with one_line_error("where: 'cloud < 3'", '"cloud" not found'):
        matching(items_table(NUMBERED, "here"), "cloud < 3", "where")


def test_nothing_matched_is_one_line(one_line_error: OneLine) -> None:
    with one_line_error("where: \"id = 'z'\" matches none of the 4 items"):
        matching(items_table(NUMBERED, "here"), "id = 'z'", "where")


def test_a_missing_file_is_one_line(tmp_path: Path, one_line_error: OneLine) -> None:
    with one_line_error("gone.parquet: there is no such file"):
        read_items(str(tmp_path / "gone.parquet"))


def test_a_file_that_is_not_parquet_is_one_line(tmp_path: Path, one_line_error: OneLine) -> None:
    (tmp_path / "text.parquet").write_text("text")
    with one_line_error("text.parquet: is not a Parquet file"):
        read_items(str(tmp_path / "text.parquet"))


def test_a_table_of_something_else_is_one_line(tmp_path: Path, one_line_error: OneLine) -> None:
    pq.write_table(pa.table({"id": ["a"], "assets": ["b"]}), tmp_path / "other.parquet")
    with one_line_error("other.parquet: is not a GeoParquet file of STAC items", "stac-items"):
        read_items(str(tmp_path / "other.parquet"))


def test_a_remote_file_is_one_line(one_line_error: OneLine) -> None:
    with one_line_error("s3://bucket/items.parquet", "dvc import-url"):
        read_items("s3://bucket/items.parquet")
