from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from sklearn.datasets import load_digits

from lookalike.figures.grid import FRAMES, Panel, draw_grid


def panel(caption: str = "7", right: bool | None = None, digit: int = 0) -> Panel:
    gray = (load_digits().images[digit] * 15).astype(np.uint8)
    return Panel(Image.fromarray(gray).convert("RGB"), caption, right)


def drawn(tmp_path: Path, *rows: list[Panel], title: str = "Queries") -> bytes:
    draw_grid(rows, title, tmp_path / "gallery.png")
    return (tmp_path / "gallery.png").read_bytes()


def frames(tmp_path: Path) -> set[bool | None]:
    """Which frames are in the picture: a few pixels of a letter's edge may have the same gray."""
    with Image.open(tmp_path / "gallery.png") as picture:
        counted = picture.convert("RGB").getcolors(10**6) or []
    colors = {color for pixels, color in counted if pixels > 300}
    return {right for right, frame in FRAMES.items() if ImageColor.getrgb(frame) in colors}


def test_a_gallery_is_a_png_picture_that_grows_with_rows_and_columns(tmp_path: Path) -> None:
    sizes = []
    for rows in ([[panel()]], [[panel()] * 3], [[panel()] * 3] * 2):
        drawn(tmp_path, *rows)
        with Image.open(tmp_path / "gallery.png") as picture:
            assert picture.format == "PNG"
            sizes.append(picture.size)
    assert sizes[0][0] < sizes[1][0] == sizes[2][0]
    assert sizes[0][1] == sizes[1][1] < sizes[2][1]


@pytest.mark.parametrize("right", [None, True, False])
def test_the_frame_says_whether_a_neighbor_is_right(tmp_path: Path, right: bool | None) -> None:
    drawn(tmp_path, [panel(right=right)])
    assert frames(tmp_path) == {right}


def test_a_row_shows_its_query_and_its_neighbors(tmp_path: Path) -> None:
    drawn(tmp_path, [panel(right=None), panel(right=True), panel(right=False)])
    assert frames(tmp_path) == {None, True, False}


def test_rows_may_have_fewer_neighbors_than_others(tmp_path: Path) -> None:
    drawn(tmp_path, [panel(), panel(right=True)], [panel()])
    assert frames(tmp_path) == {None, True}


def test_the_same_panels_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [[panel(), panel("8", True, digit=1)], [panel("3", digit=2)]]
    assert drawn(tmp_path, *rows) == drawn(tmp_path, *rows)


def test_the_bytes_name_no_program_and_no_date(tmp_path: Path) -> None:
    drawn(tmp_path, [panel()])
    with Image.open(tmp_path / "gallery.png") as picture:
        assert picture.info.keys() == {"dpi"}


def test_images_captions_and_title_are_in_the_picture(tmp_path: Path) -> None:
    pictures = {
        drawn(tmp_path, [panel()]),
        drawn(tmp_path, [panel(digit=1)]),
        drawn(tmp_path, [panel(caption="8")]),
        drawn(tmp_path, [panel()], title="Other queries"),
    }
    assert len(pictures) == 4


def test_a_long_caption_is_cut_to_16_characters(tmp_path: Path) -> None:
    long = drawn(tmp_path, [panel(caption="chrysanthemum_and_rose")])
    assert long == drawn(tmp_path, [panel(caption="chrysanthemum_and_lily")])
    assert long == drawn(tmp_path, [panel(caption="chrysanthemum_a…")])
    assert long != drawn(tmp_path, [panel(caption="chrysanthemum_a")])


def test_dollars_in_names_are_dollars_and_no_formula(tmp_path: Path) -> None:
    dollars = drawn(tmp_path, [panel(caption=r"$x^$")], title=r"$\x$")
    assert dollars != drawn(tmp_path, [panel(caption="x")], title="x")


def test_a_failure_keeps_the_picture_before(tmp_path: Path) -> None:
    before = drawn(tmp_path, [panel()])
    with pytest.raises(KeyError):
        drawn(tmp_path, [panel(right="maybe")])  # type: ignore[arg-type]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


@pytest.mark.parametrize("columns", [1, 2, 3, 8])
def test_a_long_title_is_inside_of_the_picture(tmp_path: Path, columns: int) -> None:
    drawn(tmp_path, [panel()] * columns, title="Which of them are alike, and which are not? " * 2)
    with Image.open(tmp_path / "gallery.png") as picture:
        right = picture.convert("L").crop((picture.width - 1, 0, picture.width, picture.height))
    assert right.getextrema() == (255, 255)
