"""A map of the test images: embeddings in the plane, as a table and as a picture."""

import colorsys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from lookalike.core.files import atomic_file
from lookalike.core.seeds import seed_for
from lookalike.evaluate.prediction import Prediction
from lookalike.evaluate.projection import FEWEST_POINTS, METHODS, Method, project
from lookalike.figures.glyphs import FONT, drawable

MOST_POINTS = 5000
# Up to as many classes get the colors of a palette that people can tell apart.
PALETTE = 18
# Up to as many classes are named on the picture.
NAMED = 40
GOLDEN_RATIO = 0.618034


class Point(NamedTuple):
    """A test image on the map, whose longer side is from 0 to 1."""

    prediction: Prediction
    x: float
    y: float


def place(
    predictions: list[Prediction], unit: np.ndarray, method: Method, seed: int
) -> list[Point]:
    """Put up to 5,000 of the test images on the map; the seed decides which.

    Args:
        predictions: the test images.
        unit: their embeddings, float32 `[n, d]`, rows of length 1.
        method: how to project them.
        seed: the experiment's.

    Returns:
        The points in the order of the predictions; none where there are fewer than five.
    """
    shuffled = sorted(range(len(predictions)), key=lambda number: seed_for(seed, "map", number))
    chosen = sorted(shuffled[:MOST_POINTS])
    if len(chosen) < FEWEST_POINTS:
        return []
    placed = project(unit[chosen], method, seed)
    low, high = placed.min(axis=0), placed.max(axis=0)
    scaled = (placed - low) / max(float((high - low).max()), 1e-9)
    return [Point(predictions[n], *xy) for n, xy in zip(chosen, scaled.tolist(), strict=True)]


def class_colors(labels: Sequence[str]) -> dict[str, str]:
    """A color for each class, such as `#1f77b4`, in the order given."""
    if len(labels) <= PALETTE:
        pairs = list(matplotlib.colormaps["tab20"].colors)  # type: ignore[attr-defined]
        del pairs[6:8]  # red marks mistakes
        chosen = [*pairs[::2], *pairs[1::2]]  # first the strong ones, then their pale companions
    else:
        chosen = [
            colorsys.hsv_to_rgb(number * GOLDEN_RATIO % 1, 0.85 - 0.3 * (number % 2), 0.8)
            for number in range(len(labels))
        ]
    return {label: to_hex(color) for label, color in zip(labels, chosen, strict=False)}


def draw_projection(path: Path, points: Sequence[Point], method: Method) -> None:
    """Draw the points in the colors of their classes into a PNG file, mistakes ringed in red."""
    labels = sorted({point.prediction.label for point in points})
    colors = class_colors(labels)
    with matplotlib.rc_context({"font.family": FONT}):
        figure = Figure(figsize=(9, 8), dpi=110, layout="constrained")
        axes = figure.add_subplot(aspect="equal")
        size = float(np.clip(20000 / len(points), 6, 50))
        for wrong, edge, width in ((False, "white", 0.4), (True, "#d0021b", 1.6)):
            shown = [point for point in points if point.prediction.wrong == wrong]
            axes.scatter(
                [point.x for point in shown],
                [point.y for point in shown],
                s=size,
                c=[colors[point.prediction.label] for point in shown],
                edgecolors=edge,
                linewidths=width,
            )
        if len(labels) <= NAMED:
            for label in labels:
                of_class = [
                    (point.x, point.y) for point in points if point.prediction.label == label
                ]
                x, y = np.median(of_class, axis=0)
                axes.annotate(
                    drawable(label),
                    (float(x), float(y)),
                    ha="center",
                    va="center",
                    parse_math=False,
                    bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.75},
                )
        axes.set_axis_off()
        ringed = "; ringed: mistakes" if any(point.prediction.wrong for point in points) else ""
        figure.suptitle(
            f"The test images by embedding ({METHODS[method]}){ringed}", x=0.02, ha="left"
        )
        with atomic_file(path) as partial:
            figure.savefig(partial, format="png", metadata={"Software": None})
