"""Pictures of what the classifier gets wrong: the most confident mistakes, the hardest classes."""

from collections import defaultdict
from pathlib import Path

from lookalike.evaluate.prediction import Answer
from lookalike.figures.grid import Panel, draw_gallery
from lookalike.images.pictures import Pictures

ROWS, COLUMNS = 4, 7
HARDEST = 6


def draw_mistakes(path: Path, answers: list[Answer], pictures: Pictures) -> None:
    """Draw the mistakes with the highest probability into a PNG file; none where there are none."""
    wrong = _surest_first([answer for answer in answers if answer.wrong])[: ROWS * COLUMNS]
    panels = [
        Panel(
            pictures[answer.row],
            f"{answer.label}\n≠ {answer.predicted}\n{answer.probability:.1%}",
            None,
        )
        for answer in wrong
    ]
    if panels:
        rows = [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
        title = "The most confident mistakes: what it is, what the model says, how sure it is"
        draw_gallery(rows, title, path)


def draw_hardest_classes(
    path: Path, answers: list[Answer], f1: dict[str, float], pictures: Pictures
) -> None:
    """Draw images of the classes with the lowest F1, mistakes first, into a PNG file.

    Args:
        path: the file to write.
        answers: the test images.
        f1: of each class with test images; at least one.
        pictures: the images.
    """
    of_class: dict[str, list[Answer]] = defaultdict(list)
    for answer in sorted(_surest_first(answers), key=lambda answer: not answer.wrong):
        of_class[answer.label].append(answer)
    hardest = sorted(f1, key=lambda label: (f1[label], label))[:HARDEST]
    rows = [
        [
            Panel(
                pictures[answer.row],
                f"{answer.predicted}\n{answer.probability:.1%}",
                not answer.wrong,
            )
            for answer in of_class[label][:COLUMNS]
        ]
        for label in hardest
    ]
    headings = [f"{label}\nF1 {f1[label]:.2f}" for label in hardest]
    title = "The hardest classes, a row a class, and what the model takes their images for"
    draw_gallery(rows, title, path, headings)


def _surest_first(answers: list[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: (-(answer.probability or 0), answer.row))
