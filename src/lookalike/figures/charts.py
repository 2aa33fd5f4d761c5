"""Charts, as figures of matplotlib, and what is made of them: data URIs, SVG and PNG files."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lookalike.core.files import atomic_file
from lookalike.figures.data_uri import data_uri

COLORS = ["#1f6fb4", "#e07b1a", "#2e8b57", "#c8323c", "#7a52a8", "#8a6d3b", "#c2569d", "#6b6b6b"]
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "lookalike",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#999",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "axes.prop_cycle": cycler(color=COLORS),
}
# Up to as many classes are named beside a confusion matrix, and counted in it.
NAMED = 40
COUNTED = 25
LONGEST = 60  # letters of a name
LETTER = 0.06  # inches that a letter of a name takes
DARK = 0.5  # a share from which on its count is white
DPI = 150
# What matplotlib would note in a file, and another day or version otherwise
WITHOUT: Any = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}

Points = Sequence[tuple[float, float]]


class Chart(NamedTuple):
    """A chart.

    Attributes:
        name: of its files, without a suffix.
        title: its name for people.
        figure: what is drawn.
    """

    name: str
    title: str
    figure: Figure

    @property
    def uri(self) -> str:
        """The chart as an SVG image."""
        return data_uri(_encoded(self.figure, "svg"), "image/svg+xml")


def write_charts(folder: Path, charts: Iterable[Chart]) -> None:
    """Write each chart as an SVG and as a PNG file; the same charts give the same bytes."""
    for name, _, figure in charts:
        for suffix in ("svg", "png"):
            with atomic_file(folder / f"{name}.{suffix}") as partial:
                partial.write_bytes(_encoded(figure, suffix))


def _encoded(figure: Figure, suffix: str) -> bytes:
    buffer = BytesIO()
    with _style():
        figure.savefig(buffer, format=suffix, dpi=DPI, metadata=WITHOUT[suffix])
    return buffer.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Text stays text in SVG: who opens it has other fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def lines(
    series: Mapping[str, Points], x: str, y: str, *, diagonal: bool = False, share: bool = True
) -> Figure:
    """Lines through points.

    Args:
        series: the points of each line, by its name.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.
        diagonal: draw the line on which both are equal.
        share: the vertical axis is from 0 to 1.
    """
    with _style():
        figure = _figure(4.2, 3.1)
        axes = figure.add_subplot()
        if diagonal:
            axes.plot([0, 1], [0, 1], color="#aaa", linewidth=1, linestyle="--")
        for name, points in series.items():
            marker = "o" if len(points) <= 20 else ""
            axes.plot(*zip(*points, strict=True), label=name, marker=marker, markersize=4)
        axes.set(xlabel=x, ylabel=y)
        if all(float(point[0]).is_integer() for points in series.values() for point in points):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if share:
            axes.set_ylim(-0.02, 1.02)
        if len(series) > 1:
            axes.legend(frameon=False)
    return figure


def bars(values: Mapping[str, float], x: str) -> Figure:
    """Horizontal bars, the first on top."""
    with _style():
        figure = _figure(5.2, 0.5 + 0.21 * len(values))
        axes = figure.add_subplot()
        rows = range(len(values))
        drawn = axes.barh(rows, list(values.values()), color="#c8323c", height=0.7)
        axes.set_yticks(rows, list(map(_shortened, values)), parse_math=False)
        axes.bar_label(drawn, padding=3, color="#555")
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(x)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(axis="y", length=0)
    return figure


def confusion_matrix(
    labels: Sequence[str], pairs: Sequence[tuple[str, str]], *, normalized: bool = False
) -> Figure:
    """For each class, a row, the images that are taken for each class, shaded by their share.

    Args:
        labels: the classes.
        pairs: label and predicted label of each image.
        normalized: write shares of the class in percent into the cells, not numbers of images.
    """
    number_of = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for label, predicted in pairs:
        counts[number_of[label], number_of[predicted]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shown = 100 * shares if normalized else counts
    named = list(map(_shortened, labels)) if len(labels) <= NAMED else []
    side = float(np.clip(1.2 + 0.24 * len(labels), 3.2, 6.5))
    side += LETTER * max(map(len, named), default=0)
    with _style():
        figure = _figure(side, side)
        axes = figure.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axes.grid(visible=False)
        axes.set(xlabel="predicted", ylabel="class (% of its images)" if normalized else "class")
        if len(labels) <= COUNTED:
            for row, column in np.argwhere(counts):
                color = "white" if shares[row, column] > DARK else "#333"
                text = f"{shown[row, column]:.0f}"
                axes.text(column, row, text, color=color, size=7, ha="center", va="center")
        if named:
            axes.set_xticks(range(len(named)), named, rotation=90, parse_math=False)
            axes.set_yticks(range(len(named)), named, parse_math=False)
    return figure


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
