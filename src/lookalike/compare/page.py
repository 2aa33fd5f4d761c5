"""A comparison as one HTML page with pictures, that needs nothing but itself and runs no script."""

import base64
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from lookalike.compare.comparison import Comparison
from lookalike.compare.data_changes import KINDS
from lookalike.compare.gate import Check
from lookalike.compare.grid import caption
from lookalike.compare.paired import METRICS
from lookalike.compare.text import data_summary, hard_negatives, points
from lookalike.compare.thumbnails import Thumbnails
from lookalike.core.files import atomic_file
from lookalike.figures.content_policy import content_policy
from lookalike.terminal.printable import printable

TEMPLATE = "page.html"
MOST_OF_CLASS = 30
MOST_OF_KIND = 200


def write_page(path: Path, comparison: Comparison, checks: Sequence[Check] = ()) -> None:
    """Write the page, whole or not at all.

    Args:
        path: the HTML file to write.
        comparison: what it shows; pictures where a revision's thumbnails are here.
        checks: of the gate, if any.
    """
    thumbnails = Thumbnails(comparison.after, comparison.before)

    def picture(id: str | None) -> str:
        data = thumbnails.encoded(id)
        return "" if data is None else f"data:image/webp;base64,{base64.b64encode(data).decode()}"

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, finalize=_printable
    )
    page = environment.get_template(TEMPLATE).render(
        policy=content_policy(),
        comparison=comparison,
        checks=checks,
        metrics=[
            (METRICS[name], *points(difference), difference.verdict)
            for name, difference in comparison.metrics.items()
        ],
        classes=[
            (label, list(group))
            for label, group in groupby(comparison.queries, lambda change: change.after.label)
        ],
        data_summary=data_summary(comparison),
        data=[
            (kind, [change for change in comparison.data or [] if kind in change.kinds])
            for kind in KINDS
        ],
        hard_negatives=hard_negatives(comparison),
        picture=picture,
        caption=caption,
        has_pictures=bool(thumbnails),
        most_of_class=MOST_OF_CLASS,
        most_of_kind=MOST_OF_KIND,
    )
    with atomic_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value
