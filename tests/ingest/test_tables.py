import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.ingest.tables import read_table

ROWS = [{"path": "a.png", "label": "NA"}, {"path": "b,c.png", "label": "007"}]


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b'path,label\na.png,NA\n"b,c.png",007\n'),
        ("x.CSV", b"\xef\xbb\xbfpath;label\r\na.png;NA\r\nb,c.png;007\r\n"),
        ("x.tsv", b"path\tlabel\na.png\tNA\nb,c.png\t007\n"),
        ("x.jsonl", b"\n".join(json.dumps(row).encode() for row in ROWS)),
        ("x.json", json.dumps(ROWS).encode()),
        ("x.parquet", parquet(pa.Table.from_pylist(ROWS))),
    ],
)
def test_values_are_as_they_are_spelled_in_every_kind_of_table(name: str, data: bytes) -> None:
    assert read_table(name, data) == ROWS


def test_numbers_of_json_keep_their_spelling() -> None:
    assert read_table("x.jsonl", b'{"label": 1.50}') == [{"label": "1.50"}]


def test_coco_gives_the_categories_of_each_image() -> None:
    content = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 8, "file_name": "b.png"}],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [{"image_id": 7, "category_id": n} for n in (2, 1, 2)],
    }
    assert read_table("x.json", json.dumps(content).encode()) == [
        {"file_name": "a.png", "label": ["dog", "cat"]},
        {"file_name": "b.png", "label": []},
    ]


def test_numbers_of_classes_get_the_names_that_hugging_face_keeps() -> None:
    features = {"label": {"_type": "ClassLabel", "names": ["cat", "dog"]}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"label": [1, 0, None]}).replace_schema_metadata(metadata)
    assert [row["label"] for row in read_table("x.parquet", parquet(table))] == ["dog", "cat", None]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.csv", b"path,label\na,b,c\n", "row 1 has more fields than the header"),
        ("x.csv", b"\xff\xfe", "is not UTF-8 text"),
        ("x.jsonl", b"{}\n[1]\n", "line 2 is not an object"),
        ("x.jsonl", b"{", "line 1 is not JSON"),
        ("x.json", b"{}", "is neither a list of objects nor COCO"),
        ("x.parquet", b"PAR1", "is not Parquet"),
        ("x.xls", b"", "is not a table"),
    ],
)
def test_what_is_no_table_says_why(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_table(name, data)


def test_images_inside_of_a_table_are_refused_with_what_to_do() -> None:
    table = pa.table({"image": [{"bytes": b"x", "path": "a.png"}], "label": [0]})
    with pytest.raises(ValueError, match="holds images; a table of labels names files"):
        read_table("x.parquet", parquet(table))
