"""Charts as files: for papers and slides, the same bytes for the same run."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from lookalike.figures.charts import Chart, bars, confusion_matrix, lines, write_charts

PAIRS = [("cat", "cat"), ("cat", "dog"), ("cat", "dog"), ("dog", "dog")]


def charts() -> list[Chart]:
    return [
        Chart("matrix", "Confusion matrix", confusion_matrix(["cat", "dog"], PAIRS)),
        Chart("roc", "ROC", lines({"": [(0, 0), (0.25, 1)]}, "x", "y", diagonal=True)),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_charts(tmp_path, charts())
    return tmp_path


def test_each_is_an_svg_and_a_png_file(folder: Path) -> None:
    files = {path.name for path in folder.iterdir()}
    assert files == {f"{name}.{suffix}" for name in ("matrix", "roc") for suffix in ("svg", "png")}
    assert ElementTree.parse(folder / "roc.svg").getroot().tag.endswith("svg")
    assert Image.open(folder / "roc.png").size == (630, 465)


def test_drawn_again_they_are_the_same_bytes(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_charts(folder, charts())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_they_say_neither_when_nor_by_which_version_they_were_drawn(folder: Path) -> None:
    for path in folder.iterdir():
        assert not re.search(rb"20\d\d-\d\d|Matplotlib v|<dc:date>|Software", path.read_bytes())


@pytest.mark.parametrize(
    ("normalized", "numbers"), [(False, ["1", "1", "2"]), (True, ["100", "33", "67"])]
)
def test_a_matrix_has_numbers_of_images_or_percent_of_a_class(
    normalized: bool, numbers: list[str], tmp_path: Path
) -> None:
    matrix = confusion_matrix(["cat", "dog"], PAIRS, normalized=normalized)
    write_charts(tmp_path, [Chart("matrix", "", matrix)])
    text = (tmp_path / "matrix.svg").read_text()
    assert sorted(re.findall(r"font-size: 7px[^>]*>\s*(\d+)\s*</text>", text)) == numbers


def test_names_of_any_length_leave_room_for_the_chart_and_stay_apart(tmp_path: Path) -> None:
    names = [f"{'x' * 5000}{end}" for end in "ab"]
    matrix = confusion_matrix(names, [(names[0], names[1])])
    write_charts(
        tmp_path,
        [Chart("matrix", "", matrix), Chart("bars", "", bars(dict.fromkeys(names, 1), "n"))],
    )
    assert max(Image.open(tmp_path / "matrix.png").size) < 1200
    [axes] = matrix.axes
    assert axes.get_window_extent().width > 0.2 * matrix.bbox.width
    text = (tmp_path / "bars.svg").read_text()
    assert text.count("x" * 59 + "…") == 2
