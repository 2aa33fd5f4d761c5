"""Pictures of what the classifier gets wrong: the most confident mistakes, the hardest classes."""

from collections import defaultdict
from pathlib import Path

from lookalike.evaluate.prediction import Prediction
from lookalike.figures.grid import Panel, draw_grid
from lookalike.images.store import ImageStore

ROWS, COLUMNS = 4, 7
HARDEST = 6


def draw_mistakes(path: Path, predictions: list[Prediction], images: ImageStore) -> None:
    """Draw the mistakes with the highest probability into a PNG file; none where there are none."""
    wrong = _surest_first([prediction for prediction in predictions if prediction.wrong])[
        : ROWS * COLUMNS
    ]
    panels = [
        Panel(
            images.picture(prediction.row),
            f"{prediction.label}\n≠ {prediction.predicted}\n{prediction.probability:.1%}",
            None,
        )
        for prediction in wrong
    ]
    if panels:
        rows = [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
        title = "The most confident mistakes: what it is, what the model says, how sure it is"
        draw_grid(rows, title, path)


def draw_hardest_classes(
    path: Path, predictions: list[Prediction], f1: dict[str, float], images: ImageStore
) -> None:
    """Draw images of the classes with the lowest F1, mistakes first, into a PNG file.

    Args:
        path: the file to write.
        predictions: the test images.
        f1: of each class with test images; at least one.
        images: the image store.
    """
    of_class: dict[str, list[Prediction]] = defaultdict(list)
    for prediction in sorted(
        _surest_first(predictions), key=lambda prediction: not prediction.wrong
    ):
        of_class[prediction.label].append(prediction)
    hardest = sorted(f1, key=lambda label: (f1[label], label))[:HARDEST]
    rows = [
        [
            Panel(
                images.picture(prediction.row),
                f"{prediction.predicted}\n{prediction.probability:.1%}",
                not prediction.wrong,
            )
            for prediction in of_class[label][:COLUMNS]
        ]
        for label in hardest
    ]
    headings = [f"{label}\nF1 {f1[label]:.2f}" for label in hardest]
    title = "The hardest classes, a row a class, and what the model takes their images for"
    draw_grid(rows, title, path, headings)


def _surest_first(predictions: list[Prediction]) -> list[Prediction]:
    return sorted(
        predictions, key=lambda prediction: (-(prediction.probability or 0), prediction.row)
    )
