"""What changed, as pictures in rows: what models found before and after, images of the data."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from PIL import Image

from lookalike.compare.data_changes import KINDS, DataChange
from lookalike.compare.query import Query
from lookalike.compare.query_changes import QueryChange
from lookalike.compare.thumbnails import Thumbnails
from lookalike.figures.grid import Panel, draw_grid

CHANGES_OF_CLASS = 3
CLASSES = 16
IMAGES_OF_KIND = 10
BLANK = Image.new("RGB", (96, 96), "#ddd")


def draw_query_changes(path: Path, changes: Sequence[QueryChange], thumbnails: Thumbnails) -> None:
    """Draw test images that changed, a class a row, into a PNG file; none where there are none.

    Each is three pictures: the image, its nearest neighbor before, and after; green where class and
    neighbor are right. Up to 3 changes of the 16 classes with the most are shown.

    Args:
        path: the file to write.
        changes: the images, sorted by class.
        thumbnails: of both revisions.
    """
    by_class = [
        (label, list(group)) for label, group in groupby(changes, lambda change: change.after.label)
    ]
    most = sorted(by_class, key=lambda pair: -len(pair[1]))[:CLASSES]
    shown = [pair for pair in by_class if pair in most]
    rows = [
        [panel for change in group[:CHANGES_OF_CLASS] for panel in _panels(change, thumbnails)]
        for _, group in shown
    ]
    if rows:
        headings = [f"{label}\n{len(group)} changed" for label, group in shown]
        title = "Test images that changed: the image | nearest before | nearest after"
        draw_grid(rows, title, path, headings)


def draw_data_changes(path: Path, changes: Sequence[DataChange], thumbnails: Thumbnails) -> None:
    """Draw images of the data that changed, a kind of change a row, into a PNG file."""
    rows, headings = [], []
    for kind in KINDS:
        of_kind = [change for change in changes if kind in change.kinds]
        if of_kind:
            headings.append(f"{kind}\n{len(of_kind)}")
            rows.append(
                [
                    Panel(picture, "\n".join(caption(change, kind)), None)
                    for change in of_kind[:IMAGES_OF_KIND]
                    for picture in [thumbnails.picture(change.id) or BLANK]
                ]
            )
    if rows:
        draw_grid(rows, "What changed in the data", path, headings)


def caption(change: DataChange, kind: str) -> tuple[str, ...]:
    """What a change of one kind is, in one or two short lines."""
    if change.before is None or change.after is None:
        return (change.label,)
    if kind == "relabeled":
        return change.before.label, f"→ {change.after.label}"
    return change.label, f"{change.before.split} → {change.after.split}"


def _panels(change: QueryChange, thumbnails: Thumbnails) -> list[Panel]:
    query = Panel(thumbnails.picture(change.id) or BLANK, change.after.label, None)
    return [
        query,
        _answer(change.before, "before", thumbnails),
        _answer(change.after, "after", thumbnails),
    ]


def _answer(query: Query, when: str, thumbnails: Thumbnails) -> Panel:
    picture = thumbnails.picture(query.nearest) or BLANK
    right = 0 not in (query.accuracy, query.recall_at_1)
    return Panel(picture, f"{when}: {query.predicted or 'no class'}", right)
