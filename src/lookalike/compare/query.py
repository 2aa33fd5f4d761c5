"""What became of each test image at a revision: the table that `evaluate` writes."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import NamedTuple, TypeVar

from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import LookalikeError, NotReadyError

TABLE = "queries.csv"

Value = TypeVar("Value")


class Query(NamedTuple):
    """A test image.

    Attributes:
        path: in the source.
        label: what it is.
        predicted: what the model says; None without a classifier.
        nearest: the id of the test image that looks most like it; None where there is no other.
        accuracy: is that right? 1 or 0.
        recall_at_1: is the nearest other test image of its class? 1 or 0.
        map_at_r: its average precision at R, from 0 to 1.
    """

    path: str
    label: str
    predicted: str | None
    nearest: str | None
    accuracy: float | None
    recall_at_1: float | None
    map_at_r: float | None


def read_queries(snapshot: Snapshot) -> dict[str, Query]:
    """The test images of a revision by their ids, in the order of the table.

    Raises:
        LookalikeError: the table is missing or broken.
    """
    path = snapshot.project.evaluation / TABLE
    if (text := snapshot.text(path)) is None:
        raise NotReadyError(
            f"{snapshot.name}: {path} is missing there; run its pipeline: dvc repro"
        )
    try:
        return {row["id"]: _query(row) for row in csv.DictReader(StringIO(text, newline=""))}
    except (KeyError, TypeError, ValueError):
        raise LookalikeError(f"{snapshot.name}: {path} is not what evaluate writes") from None


def _query(row: dict[str, str]) -> Query:
    return Query(
        row["path"],
        row["label"],
        _optional(row["predicted_label"], str),
        _optional(row["nearest_id"], str),
        _optional(row["correct"], float),
        _optional(row["recall_at_1"], float),
        _optional(row["average_precision_at_r"], float),
    )


def _optional(text: str, kind: Callable[[str], Value]) -> Value | None:
    return kind(text) if text else None
