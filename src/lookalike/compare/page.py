"""A comparison as one HTML page with pictures, that needs nothing but itself and runs no script."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from lookalike.compare.comparison import Comparison
from lookalike.compare.data_changes import KINDS
from lookalike.compare.gate import Check
from lookalike.compare.grid import caption
from lookalike.compare.paired import METRICS
from lookalike.compare.text import data_summary, gate_summary, hard_negatives, points
from lookalike.compare.thumbnails import Thumbnails
from lookalike.figures.content_policy import content_policy
from lookalike.figures.data_uri import data_uri
from lookalike.figures.html_page import write_html
from lookalike.figures.style import READING, THEME, style

TEMPLATE = Path(__file__).with_name("page.html")
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
        return "" if data is None else data_uri(data)

    write_html(
        path,
        TEMPLATE,
        content_policy(),
        style=style(THEME, READING, TEMPLATE.with_name("page.css")),
        comparison=comparison,
        checks=checks,
        gate_summary=gate_summary(checks),
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
