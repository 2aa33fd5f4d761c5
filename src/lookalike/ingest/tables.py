"""Tables that people write labels into: CSV, TSV, JSON lines, Parquet, COCO."""

import csv
import json
from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

from lookalike.ingest.coco import COCO_KEYS, coco_records

Record = dict[str, Any]


def read_table(name: str, data: bytes) -> list[Record]:
    """The rows of a table, each with the header's names; values are as they are spelled.

    Args:
        name: the file's name: its suffix says which kind of table it is.
        data: its bytes.

    Raises:
        ValueError: it is no such table; the text says why, without the name.
    """
    suffix = name.rpartition(".")[2].lower()
    if suffix not in READERS:
        raise ValueError(f"is not a table; there are {', '.join(f'.{kind}' for kind in READERS)}")
    return READERS[suffix](data)


def _read_csv(data: bytes) -> list[Record]:
    text = _text(data)
    header = text.partition("\n")[0]
    return _delimited(text, max(",;\t", key=header.count))


def _read_tsv(data: bytes) -> list[Record]:
    return _delimited(_text(data), "\t")


def _delimited(text: str, delimiter: str) -> list[Record]:
    reader = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from None
    for number, row in enumerate(rows, 1):
        if None in row:
            raise ValueError(f"row {number} has more fields than the header")
    return rows


def _read_json_lines(data: bytes) -> list[Record]:
    lines = enumerate(_text(data).split("\n"), 1)
    return [_record(_json(line, f"line {n}"), f"line {n}") for n, line in lines if line.strip()]


def _read_json(data: bytes) -> list[Record]:
    content = _json(_text(data), "it")
    if isinstance(content, dict) and content.keys() >= COCO_KEYS:
        return coco_records(content)
    if not isinstance(content, list):
        raise ValueError("is neither a list of objects nor COCO")
    return [_record(value, f"object {number}") for number, value in enumerate(content, 1)]


def _read_parquet(data: bytes) -> list[Record]:
    # What serves reads corrections too, and has not all that this needs.
    from lookalike.ingest.parquet_table import read_parquet

    return read_parquet(data)


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise ValueError(f"{what} is not JSON") from None


def _record(value: Any, what: str) -> Record:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")
    return value


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None


READERS: dict[str, Callable[[bytes], list[Record]]] = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_json_lines,
    "ndjson": _read_json_lines,
    "json": _read_json,
    "parquet": _read_parquet,
}


def column_of(rows: Iterable[Record], wanted: str | None, usual: tuple[str, ...]) -> str | None:
    """The name of a column: the one that is wanted, or the first usual one that is there.

    Raises:
        ValueError: the wanted one is not there; the text names those that are.
    """
    there = {name: None for row in rows for name in row}
    if wanted is not None and wanted not in there:
        raise ValueError(f"has no column {wanted!r}; there are {', '.join(map(repr, there))}")
    return wanted or next((name for name in usual if name in there), None)
