"""Pictures of images in rows: right ones framed green, wrong ones red."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure
from PIL import Image

from lookalike.core.files import atomic_file
from lookalike.figures.glyphs import FONT, drawable

TITLE_LETTERS = 12  # of the title, that fit above a column
FRAMES = {None: "#4a4a4a", True: "#2e8b57", False: "#c8323c"}


class Panel(NamedTuple):
    """One picture: an RGB image, a short caption, and whether it is right (None: no question)."""

    image: Image.Image
    caption: str
    right: bool | None


def draw_grid(
    rows: Sequence[Sequence[Panel]], title: str, path: Path, headings: Sequence[str] = ()
) -> None:
    """Draw each row of panels into a PNG file; whole or not at all.

    The bytes depend on the panels alone: no date, no version of the drawing library.

    Args:
        rows: the panels; a query comes first in its row.
        title: a line above them.
        path: the file to write.
        headings: a short text left of each row, if any.
    """
    with atomic_file(path) as partial:
        _save_grid(rows, title, headings, partial)


def grid_image(rows: Sequence[Sequence[Panel]], title: str) -> Image.Image:
    """As `draw_grid`, as an RGB image."""
    buffer = BytesIO()
    _save_grid(rows, title, (), buffer)
    return Image.open(buffer).convert("RGB")


def _save_grid(
    rows: Sequence[Sequence[Panel]], title: str, headings: Sequence[str], file: Path | BytesIO
) -> None:
    columns = max(len(row) for row in rows)
    lines = wrap(drawable(title), TITLE_LETTERS * columns)
    with matplotlib.rc_context({"font.family": FONT, "font.size": 9}):
        height = 1.6 * len(rows) + 0.5 + 0.2 * (len(lines) - 1)
        figure = Figure(figsize=(1.25 * columns + 0.2, height), dpi=110, layout="constrained")
        axes = figure.subplots(len(rows), columns, squeeze=False)
        for row, row_axes in zip(rows, axes, strict=True):
            for column, axis in enumerate(row_axes):
                axis.set_xticks([])
                axis.set_yticks([])
                if column >= len(row):
                    axis.set_axis_off()
                    continue
                panel = row[column]
                axis.imshow(panel.image, interpolation="antialiased")
                caption = drawable(_shortened(panel.caption))
                axis.set_title(caption, fontsize=8, pad=3, parse_math=False)
                for spine in axis.spines.values():
                    spine.set_color(FRAMES[panel.right])
                    spine.set_linewidth(2.5)
        for heading, row_axes in zip(headings, axes, strict=bool(headings)):
            row_axes[0].set_ylabel(drawable(heading), fontsize=9, parse_math=False)
        figure.suptitle("\n".join(lines), fontsize=11, x=0.01, ha="left", parse_math=False)
        figure.savefig(file, format="png", metadata={"Software": None})


def _shortened(caption: str, longest: int = 16) -> str:
    lines = caption.split("\n")
    return "\n".join(x if len(x) <= longest else x[: longest - 1] + "…" for x in lines)
