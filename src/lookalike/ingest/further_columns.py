"""What a label file says of files beside their labels: columns of the image store, with types."""

import re
from collections.abc import Sequence
from math import isfinite

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.images.shards import SCHEMA
from lookalike.ingest.source import Candidate
from lookalike.ingest.table_values import is_plain
from lookalike.ingest.tables import Record
from lookalike.terminal.listing import some_of
from lookalike.terminal.progress import say

LABELS = "labels"  # all labels of a file, where files have several
# What rows of the image store, of the index, of a search and of a database have already.
TAKEN = {*SCHEMA.names, "split", "predicted_label", "length", "similarity"}
TAKEN |= {"_id", "version", "row", "embedding"}

# As numbers are written when they are meant as such: 007 is a name.
WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
EXACT = 2**53  # below it a whole number is one as a float, too, which filters compare


def kept_columns(records: list[Record], used: set[str | None], name: str) -> list[str]:
    """The columns of a table that go with its files; of those that cannot, a line says so.

    Args:
        records: its rows.
        used: the columns of paths, labels and splits.
        name: what to call it.
    """
    columns = [c for c in dict.fromkeys(c for record in records for c in record) if c not in used]
    taken = [column for column in columns if column in {*TAKEN, LABELS, ""}]
    odd = [
        column
        for column in columns
        if column not in taken
        and not all(
            is_plain(value) for value in [column, *(record.get(column) for record in records)]
        )
    ]
    for left_out, reason in (
        (taken, "every image has columns of these names"),
        (odd, "they hold more than text, numbers and lists of text"),
    ):
        if left_out:
            say(f"ingest: {name}: not taken are {some_of(left_out)}: {reason}")
    return [column for column in columns if column not in {*taken, *odd}]


def with_types(candidates: list[Candidate]) -> tuple[list[Candidate], list[pa.Field]]:
    """Candidates whose further columns have values of one type each, and these columns.

    A column of numbers alone is one of numbers; one in which a file has several values is one of
    lists of text; any other is text.
    """
    texts: dict[str, list[tuple[str, ...]]] = {}
    for candidate in candidates:
        for name, values in candidate.columns.items():
            texts.setdefault(name, []).append(values)
    if not texts:
        return candidates, []
    types = {name: _type_of(values) for name, values in texts.items()}
    if LABELS in types and not pa.types.is_list(types[LABELS]):
        del types[LABELS]  # it would say what the label says
    typed = [
        candidate._replace(
            columns={
                name: _typed(candidate.columns[name], kind)
                for name, kind in types.items()
                if name in candidate.columns
            }
        )
        for candidate in candidates
    ]
    return typed, [pa.field(name, kind) for name, kind in types.items()]


def all_columns(of_files: Sequence[pa.Field], of_images: Sequence[pa.Field]) -> list[pa.Field]:
    """The columns of label files, and those of EXIF and of videos.

    Raises:
        LookalikeError: both have one of the same name.
    """
    twice = {field.name for field in of_files} & {field.name for field in of_images}
    if twice:
        raise LookalikeError(
            f"a label file has the columns {some_of(sorted(twice))}, which ingest.exif and "
            "ingest.video_fps add too; rename them there, or leave them out here"
        )
    return [*of_files, *of_images]


def _type_of(values: list[tuple[str, ...]]) -> pa.DataType:
    if any(len(each) > 1 for each in values):
        return pa.list_(pa.string())
    texts = [text for each in values for text in each]
    if not texts or not all(NUMBER.fullmatch(t) and isfinite(float(t)) for t in texts):
        return pa.string()
    whole = [text for text in texts if WHOLE.fullmatch(text)]
    if any(abs(float(text)) >= EXACT for text in whole):  # an identifier, whose last digits count
        return pa.string()
    return pa.int64() if len(whole) == len(texts) else pa.float64()


def _typed(values: tuple[str, ...], kind: pa.DataType) -> str | float | list[str]:
    if pa.types.is_list(kind):
        return list(values)
    (text,) = values
    if pa.types.is_integer(kind):
        return int(text)
    return float(text) if pa.types.is_floating(kind) else text
