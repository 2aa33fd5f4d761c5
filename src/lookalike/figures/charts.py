"""The charts of the report, as data URIs of SVG images."""

import base64
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

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
    "axes.prop_cycle": cycler(color=["#1f6fb4", "#e07b1a", "#2e8b57"]),
}
# Up to as many classes are named beside a confusion matrix, and counted in it.
NAMED = 40
COUNTED = 25
DARK = 0.5  # a share from which on its count is white

Points = Sequence[tuple[float, float]]


class Chart:
    """A chart that is being drawn; `uri` is the finished one."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.uri = ""


@contextmanager
def _chart(width: float, height: float) -> Iterator[Chart]:
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        # Text stays text in SVG: who opens it has other fonts
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(width, height), layout="constrained")
        chart = Chart(figure.add_subplot())
        yield chart
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    chart.uri = f"data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def lines(
    series: Mapping[str, Points], x: str, y: str, *, diagonal: bool = False, share: bool = True
) -> str:
    """Lines through points.

    Args:
        series: the points of each line, by its name.
        x: what the horizontal axis shows.
        y: what the vertical axis shows.
        diagonal: draw the line on which both are equal.
        share: the vertical axis is from 0 to 1.
    """
    with _chart(4.2, 3.1) as chart:
        if diagonal:
            chart.axes.plot([0, 1], [0, 1], color="#aaa", linewidth=1, linestyle="--")
        for name, points in series.items():
            marker = "o" if len(points) <= 20 else ""
            chart.axes.plot(*zip(*points, strict=True), label=name, marker=marker, markersize=4)
        chart.axes.set(xlabel=x, ylabel=y)
        if all(float(point[0]).is_integer() for points in series.values() for point in points):
            chart.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if share:
            chart.axes.set_ylim(-0.02, 1.02)
        if len(series) > 1:
            chart.axes.legend(frameon=False)
    return chart.uri


def bars(values: Mapping[str, float], x: str) -> str:
    """Horizontal bars, the first on top."""
    with _chart(5.2, 0.5 + 0.21 * len(values)) as chart:
        drawn = chart.axes.barh(list(values), list(values.values()), color="#c8323c", height=0.7)
        chart.axes.bar_label(drawn, padding=3, color="#555")
        chart.axes.invert_yaxis()
        chart.axes.grid(visible=False, axis="y")
        chart.axes.set_xlabel(x)
        chart.axes.tick_params(axis="y", length=0)
    return chart.uri


def confusion_matrix(labels: Sequence[str], pairs: Sequence[tuple[str, str]]) -> str:
    """For each class, a row, the images that are taken for each class, shaded by their share.

    Args:
        labels: the classes.
        pairs: label and predicted label of each image.
    """
    number_of = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for label, predicted in pairs:
        counts[number_of[label], number_of[predicted]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(1.2 + 0.24 * len(labels), 3.2, 6.5))
    with _chart(side, side) as chart:
        chart.axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        chart.axes.grid(visible=False)
        chart.axes.set(xlabel="predicted", ylabel="class")
        if len(labels) <= COUNTED:
            for row, column in np.argwhere(counts):
                color = "white" if shares[row, column] > DARK else "#333"
                text = f"{counts[row, column]:.0f}"
                chart.axes.text(column, row, text, color=color, size=7, ha="center", va="center")
        if len(labels) <= NAMED:
            chart.axes.set_xticks(range(len(labels)), labels, rotation=90, parse_math=False)
            chart.axes.set_yticks(range(len(labels)), labels, parse_math=False)
    return chart.uri
