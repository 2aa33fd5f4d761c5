"""The findings of a review as pictures, a kind a row or more."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.figures.grid import Panel, draw_grid
from lookalike.review.findings import KINDS
from lookalike.review.review import Review

COLUMNS = 10
ROWS_OF_LABELS = 3
TITLE = "What a review found, the oddest of each kind first; below, what a label should perhaps be"


def draw_review(path: Path, review: Review) -> None:
    """Draw up to ten findings of each kind, of suspicious labels thirty, into a PNG file.

    Raises:
        LookalikeError: nothing was found.
    """
    labels, paths = (review.images.metadata[name] for name in ("label", "path"))
    rows, headings = [], []
    for kind, title in KINDS.items():
        found = review.of_kind(kind)[: COLUMNS * (ROWS_OF_LABELS if kind == "label" else 1)]
        panels = [
            Panel(
                review.images.picture(finding.row),
                f"{labels[finding.row].as_py() or '-'}\n"
                f"{finding.likely_label or paths[finding.row].as_py().rpartition('/')[2]}",
                None,
            )
            for finding in found
        ]
        for start in range(0, len(panels), COLUMNS):
            rows.append(panels[start : start + COLUMNS])
            headings.append(title.replace(" ", "\n") if start == 0 else "")
    if not rows:
        raise LookalikeError(f"{path}: nothing was found that could be drawn")
    draw_grid(rows, TITLE, path, headings)
