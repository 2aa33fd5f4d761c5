"""Class names in any script, in pictures."""

import warnings
from pathlib import Path

import pytest
from PIL import Image

from lookalike.figures.charts import confusion_matrix
from lookalike.figures.glyphs import drawable
from lookalike.figures.grid import Panel, draw_grid


@pytest.mark.parametrize("text", ["cat", "Käse", "кот", "γάτα", "two\nlines", "a → b"])
def test_what_the_font_has_stays(text: str) -> None:
    assert drawable(text) == text


def test_what_it_lacks_is_told_apart_by_its_code_points() -> None:
    assert drawable("猫 and 犬") == r"\u732b and \u72ac"


def test_no_name_of_a_class_makes_drawing_warn(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        panel = Panel(Image.new("RGB", (8, 8)), "猫 😀 $\\frac{$", None)
        draw_grid([[panel]], "猫", tmp_path / "grid.png", ["犬"])
        confusion_matrix(["猫", "犬"], [("猫", "犬"), ("犬", "犬")])
