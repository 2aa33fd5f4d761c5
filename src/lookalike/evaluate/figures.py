"""All pictures of an evaluation."""

from pathlib import Path
from typing import Any

from torch import Tensor

from lookalike.evaluate.charts import evaluation_charts
from lookalike.evaluate.evaluation import TABLES, Evaluation
from lookalike.evaluate.mistakes import draw_hardest_classes, draw_mistakes
from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.projection_figure import draw_projection
from lookalike.evaluate.projection_page import write_projection_page
from lookalike.evaluate.queries import draw_queries
from lookalike.figures.charts import write_charts
from lookalike.figures.glyphs import drawable
from lookalike.images.store import ImageStore

PICTURES = ("*.png", "*.svg", "projection.html")


def draw_figures(
    folder: Path,
    evaluation: Evaluation,
    unit: Tensor,
    images: ImageStore,
    params: EvaluateParams,
    seed: int,
) -> None:
    """Write `queries.png`, `mistakes.png`, `hardest.png`, the charts, and the projection.

    One that has nothing to show is left out. Six parameters: what is shown comes from three places
    (scores, vectors, pictures), and the seed is of another block than the others.

    Args:
        folder: where to.
        evaluation: what is shown, of at least one test image.
        unit: the embeddings of the test images `[n, d]`, rows of length 1.
        images: the image store.
        params: the `evaluate` block.
        seed: what chooses the queries.
    """
    predictions = evaluation.predictions
    draw_queries(folder / "queries.png", predictions, unit, images, params, seed)
    draw_mistakes(folder / "mistakes.png", predictions, images)
    tables: dict[str, list[dict[str, Any]]] = {
        name: [dict(zip(TABLES[name], values, strict=True)) for values in rows]
        for name, rows in evaluation.tables.items()
    }
    write_charts(folder, evaluation_charts(_drawable(tables)))
    f1 = {str(row["label"]): row["f1"] for row in tables["classes"] if row["f1"] is not None}
    if f1:
        draw_hardest_classes(folder / "hardest.png", predictions, f1, images)
    if params.projection != "none" and evaluation.points:
        draw_projection(folder / "projection.png", evaluation.points, params.projection)
        write_projection_page(
            folder / "projection.html", evaluation.points, params.projection, images
        )


def _drawable(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The tables with names that the pictures' font has."""
    return {
        name: [
            {column: drawable(v) if isinstance(v, str) else v for column, v in row.items()}
            for row in rows
        ]
        for name, rows in tables.items()
    }
