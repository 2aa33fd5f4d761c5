"""Differences of metrics with their intervals, as a chart."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from lookalike.compare.paired import METRICS, Difference
from lookalike.core.files import atomic_file
from lookalike.figures.charts import STYLE

COLORS = {"better": "#2e8b57", "worse": "#c8323c", "within noise": "#777"}


def draw_metrics(path: Path, metrics: Mapping[str, Difference]) -> None:
    """Draw each difference as a point with its interval, in points, into a PNG file."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6, 0.9 + 0.35 * len(metrics)), dpi=110, layout="constrained")
        axes = figure.subplots()
        axes.axvline(0, color="#999", linewidth=1)
        for row, difference in enumerate(metrics.values()):
            low, center, high = (
                100 * value for value in (difference.low, difference.difference, difference.high)
            )
            color = COLORS[difference.verdict]
            axes.plot([low, high], [row, row], color=color, linewidth=2)
            axes.plot([center], [row], "o", color=color)
        axes.set_yticks(range(len(metrics)), [METRICS[name] for name in metrics])
        axes.set_ylim(len(metrics) - 0.5, -0.5)
        axes.set_xlabel("points after less before, with 95% intervals")
        with atomic_file(path) as partial:
            figure.savefig(partial, format="png", metadata={"Software": None})
