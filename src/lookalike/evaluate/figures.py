"""All pictures of an evaluation."""

from pathlib import Path

from torch import Tensor

from lookalike.evaluate.evaluation import TABLES, Evaluation
from lookalike.evaluate.mistakes import draw_hardest_classes, draw_mistakes
from lookalike.evaluate.params import EvaluateParams
from lookalike.evaluate.projection_figure import draw_projection
from lookalike.evaluate.projection_page import write_projection_page
from lookalike.evaluate.queries import draw_queries
from lookalike.images.store import ImageStore


def draw_figures(
    folder: Path,
    evaluation: Evaluation,
    unit: Tensor,
    images: ImageStore,
    params: EvaluateParams,
    seed: int,
) -> None:
    """Write `queries.png`, `mistakes.png`, `hardest.png`, `projection.png` and `projection.html`.

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
    f1 = {
        str(row["label"]): float(row["f1"])
        for values in evaluation.tables["classes"]
        if (row := dict(zip(TABLES["classes"], values, strict=True)))["f1"] is not None
    }
    if f1:
        draw_hardest_classes(folder / "hardest.png", predictions, f1, images)
    if params.projection != "none" and evaluation.points:
        draw_projection(folder / "projection.png", evaluation.points, params.projection)
        write_projection_page(
            folder / "projection.html", evaluation.points, params.projection, images
        )
