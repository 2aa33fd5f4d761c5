"""The map of the test images: table, picture, page."""

import base64
import json
import re
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.evaluate import projection_figure as maps
from lookalike.evaluate.prediction import Prediction
from lookalike.evaluate.projection_figure import Point, class_colors, draw_projection, place
from lookalike.evaluate.projection_page import COLUMNS, thumbnail_side, write_projection_page
from lookalike.images.store import ImageStore


def predictions(number: int, label: str = "a") -> list[Prediction]:
    return [Prediction(row, f"{row}.png", label, "b", 0.5) for row in range(number)]


def unit(number: int) -> np.ndarray:
    vectors = np.random.default_rng(0).normal(size=(number, 4)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_map_fills_the_unit_square_with_its_longer_side() -> None:
    points = place(predictions(30), unit(30), "pca", seed=0)
    xy = np.array([(point.x, point.y) for point in points])
    assert [point.prediction for point in points] == predictions(30)
    assert xy.min(axis=0).tolist() == [0, 0]
    assert xy.max() == 1


def test_of_many_images_the_seed_chooses_which_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "MOST_POINTS", 10)
    shown = [
        [point.prediction.row for point in place(predictions(30), unit(30), "pca", seed)]
        for seed in (1, 1, 2)
    ]
    assert len(shown[0]) == 10
    assert shown[0] == sorted(shown[0]) == shown[1] != shown[2]


def test_a_few_images_make_no_map() -> None:
    assert place(predictions(4), unit(4), "tsne", seed=0) == []


@pytest.mark.filterwarnings("ignore:invalid value")  # of the variance that there is none of
def test_embeddings_that_are_all_the_same_are_one_place() -> None:
    points = place(predictions(8), np.ones((8, 4), np.float32) / 2, "pca", seed=0)
    assert {(point.x, point.y) for point in points} == {(0.0, 0.0)}


@pytest.mark.parametrize("classes", [1, 18, 19, 101])
def test_every_class_has_a_color_of_its_own(classes: int) -> None:
    colors = class_colors([str(number) for number in range(classes)])
    assert len(set(colors.values())) == classes
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors.values())


def test_the_picture_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    points = place(predictions(30), unit(30), "pca", seed=0)
    for name in ("one.png", "other.png"):
        draw_projection(tmp_path / name, points, "pca")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def page_data(path: Path) -> dict[str, object]:
    found = re.search(r'id="data">(.*)</script>', path.read_text(encoding="utf-8"))
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


def test_the_page_holds_every_point_with_its_picture(
    tiny_images: ImageStore, tmp_path: Path
) -> None:
    pictures = tiny_images
    points = place(predictions(70), unit(70), "pca", seed=0)
    write_projection_page(tmp_path / "projection.html", points, "pca", pictures)
    data = page_data(tmp_path / "projection.html")
    assert data["labels"] == ["a", "b"]
    assert [point[5] for point in data["points"]] == [f"{row}.png" for row in range(70)]
    assert data["points"][0][2:5] == [0, 1, 0.5]
    encoded = str(data["thumbnails"]).removeprefix("data:image/webp;base64,")
    sheet = np.asarray(Image.open(BytesIO(base64.b64decode(encoded))), dtype=float)
    side = thumbnail_side(70)
    assert sheet.shape == (2 * side, COLUMNS * side, 3)
    last = sheet[side:, 5 * side : 6 * side]
    expected = np.asarray(pictures.picture(69).resize((side, side)), dtype=float)
    assert np.abs(last - expected).mean() < 12


def test_the_page_needs_nothing_but_itself(tiny_images: ImageStore, tmp_path: Path) -> None:
    points = place(predictions(5), unit(5), "pca", seed=0)
    write_projection_page(tmp_path / "projection.html", points, "pca", tiny_images)
    assert not re.search(r"(src|href)=|https?:", (tmp_path / "projection.html").read_text())


def test_a_label_is_text_and_never_markup(tiny_images: ImageStore, tmp_path: Path) -> None:
    label = "</script><script>alert(1)</script>"
    points = [Point(prediction, 0.1 * prediction.row, 0) for prediction in predictions(5, label)]
    write_projection_page(tmp_path / "projection.html", points, "pca", tiny_images)
    page = (tmp_path / "projection.html").read_text(encoding="utf-8")
    assert label not in page
    assert page.count("&#39;sha256-") == 1  # of the page's own script
    assert page_data(tmp_path / "projection.html")["labels"] == [label, "b"]
