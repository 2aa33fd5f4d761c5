"""Pictures of what the classifier gets wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from lookalike.evaluate import mistakes
from lookalike.evaluate.mistakes import HARDEST, draw_hardest_classes, draw_mistakes
from lookalike.evaluate.prediction import Prediction
from lookalike.figures.grid import Panel, draw_grid
from lookalike.images.store import ImageStore

Drawn = dict[str, list[list[Panel]]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawn]:
    """The rows of panels that were really drawn, by file name."""
    rows_of: Drawn = {}

    def draw(rows: list[list[Panel]], title: str, path: Path, *rest: list[str]) -> None:
        rows_of[path.name] = rows
        draw_grid(rows, title, path, *rest)

    monkeypatch.setattr(mistakes, "draw_grid", draw)
    yield rows_of


def predictions(*said: tuple[str, str, float]) -> list[Prediction]:
    return [Prediction(row, f"{row}.png", *prediction) for row, prediction in enumerate(said)]


def captions(rows: list[list[Panel]]) -> list[list[str]]:
    return [[panel.caption.replace("\n", " ") for panel in row] for row in rows]


def test_the_surest_mistakes_come_first_and_right_answers_not_at_all(
    drawn: Drawn, tiny_images: ImageStore, tmp_path: Path
) -> None:
    said = predictions(("a", "b", 0.5), ("a", "a", 0.99), ("b", "a", 0.9), ("a", "c", 0.7))
    draw_mistakes(tmp_path / "m.png", said, tiny_images)
    assert captions(drawn["m.png"]) == [["b ≠ a 90.0%", "a ≠ c 70.0%", "a ≠ b 50.0%"]]
    assert Image.open(tmp_path / "m.png").format == "PNG"


def test_no_more_mistakes_than_fit(
    drawn: Drawn, tiny_images: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mistakes, "ROWS", 2)
    monkeypatch.setattr(mistakes, "COLUMNS", 3)
    draw_mistakes(tmp_path / "m.png", predictions(*[("a", "b", 0.5)] * 9), tiny_images)
    assert [len(row) for row in drawn["m.png"]] == [3, 3]


def test_without_mistakes_there_is_no_picture(tiny_images: ImageStore, tmp_path: Path) -> None:
    draw_mistakes(tmp_path / "m.png", predictions(("a", "a", 0.9)), tiny_images)
    assert list(tmp_path.iterdir()) == []


def test_a_class_shows_its_mistakes_first_and_the_hardest_class_is_on_top(
    drawn: Drawn, tiny_images: ImageStore, tmp_path: Path
) -> None:
    said = predictions(("a", "a", 0.9), ("b", "b", 0.6), ("b", "a", 0.5), ("b", "c", 0.7))
    draw_hardest_classes(tmp_path / "h.png", said, {"a": 0.9, "b": 0.1}, tiny_images)
    rows = drawn["h.png"]
    assert captions(rows) == [["c 70.0%", "a 50.0%", "b 60.0%"], ["a 90.0%"]]
    assert [panel.right for panel in rows[0]] == [False, False, True]


def test_only_the_hardest_classes_are_shown(
    drawn: Drawn, tiny_images: ImageStore, tmp_path: Path
) -> None:
    labels = [str(number) for number in range(HARDEST + 3)]
    said = predictions(*((label, "x", 0.5) for label in labels))
    f1 = {label: int(label) / 10 for label in reversed(labels)}
    draw_hardest_classes(tmp_path / "h.png", said, f1, tiny_images)
    assert len(drawn["h.png"]) == HARDEST
