"""The map of all indexed images."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect
from tests.page.conftest import Open
from tests.serve.conftest import Serving

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.inference.embeddings import open_embeddings
from lookalike.model.artifact_fingerprint import fingerprint

MANY = 10_000
PAINTED = """() => {
  const { canvas } = document.getElementById("map-points").getContext("2d");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let at = 0; at < data.length; at += 4)
    painted += data[at] !== data[0] || data[at + 1] !== data[1] || data[at + 2] !== data[2];
  return painted;
}"""
# Milliseconds that the page works on a step of the wheel, the median of twenty
FRAME = """async () => {
  const map = document.getElementById("map-overlay"), times = [];
  for (let step = 0; step < 20; step++) {
    const begun = performance.now();
    map.dispatchEvent(new WheelEvent("wheel", { deltaY: 10, clientX: 400, clientY: 400 }));
    await new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done));
    times.push(performance.now() - begun);
  }
  return times.sort((one, other) => one - other)[10];
}"""


@pytest.fixture(scope="module")
def large_index(
    tiny_model: Path, tiny_embeddings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An index of 10,000 vectors around those of the tiny one."""
    few = open_embeddings(tiny_embeddings)
    rows = np.arange(MANY) % len(few.vectors)
    random = np.random.default_rng(0)
    noise = random.normal(0, 0.05, (MANY, few.vectors.shape[1]))
    metadata = pa.table(
        {
            "id": [f"{number:064x}" for number in range(MANY)],
            "path": [f"{number}.png" for number in range(MANY)],
            "label": [str(row // 20) for row in rows],
            "source": ["made"] * MANY,
            "width": pa.array([8] * MANY, pa.int32()),
            "height": pa.array([8] * MANY, pa.int32()),
        }
    )
    folder = tmp_path_factory.mktemp("large") / "index"
    vectors = (few.vectors[rows] + noise).astype(np.float32)
    build_index(vectors, metadata, folder, Exact(), fingerprint(tiny_model))
    return folder


@pytest.fixture
def shown(opened: Open) -> Page:
    page: Page = opened("?view=map")
    expect(page.locator("#legend button")).to_have_count(6)
    return page


def test_ten_thousand_images_are_points_that_move_smoothly(
    serving: Serving, large_index: Path, opened: Open
) -> None:
    with serving(index=large_index) as client:
        page = opened("?view=map", at=str(client.base_url))
        expect(page.get_by_label("Map of 10,000 images")).to_be_visible()
        page.wait_for_function(f"({PAINTED})() > 10000")
        assert page.evaluate(FRAME) < 150  # a fraction of it on a machine that is not busy
        page.get_by_role("button", name="Whole map").click()
        page.get_by_role("button", name="List what is in view").click()
        expect(page.get_by_text("10,000 images, 240 shown")).to_be_visible()


def test_a_lasso_gives_a_list_to_search_by(shown: Page) -> None:
    shown.get_by_role("button", name="Lasso").click()
    box = shown.locator("#map-overlay").bounding_box()
    assert box is not None
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = left + box["width"] - 4, top + box["height"] - 4
    shown.mouse.move(left, top)
    shown.mouse.down()
    for x, y in [(right, top), (right, bottom), (left, bottom)]:
        shown.mouse.move(x, y)
    shown.mouse.up()
    expect(shown.locator("#map-list-title")).to_have_text("120 images")
    shown.get_by_role("button", name="Search by them").click()
    expect(shown.locator(".example")).to_have_count(32)
    expect(shown.locator(".score").first).to_be_visible()


def test_a_list_can_be_selected_and_exported(shown: Page) -> None:
    shown.get_by_role("button", name="List what is in view").click()
    shown.locator("#map-list").get_by_role("button", name="Select").click()
    expect(shown.get_by_text("120 images selected")).to_be_visible()
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Export CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 121
    assert all(re.match(r"\d/\d\d\.png,", line) for line in lines[1:])


def test_enter_searches_by_the_image_in_the_middle(shown: Page) -> None:
    overlay = shown.get_by_label("Map of 120 images")
    overlay.focus()
    for _ in range(30):  # until an image is there
        shown.keyboard.press("Enter")
        if "like=" in shown.url:
            break
        shown.keyboard.press("ArrowLeft")
    expect(shown.locator(".score").first).to_be_visible()


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("split", ["test", "train", "valid"]),
        ("prediction", None),
        ("mistakes", ["right", "wrong"]),
    ],
)
def test_points_are_colored_by_what_one_chooses(
    shown: Page, by: str, names: list[str] | None
) -> None:
    shown.get_by_label("Color by").select_option(label=by)
    expect(shown).to_have_url(re.compile("color="))
    legend = shown.locator("#legend .label")
    if names is None:
        expect(legend.first).to_be_visible()
    else:
        expect(legend).to_have_text(names)
    counts = shown.locator("#legend small").all_inner_texts()
    assert sum(map(int, counts)) == 120


def test_a_color_of_the_legend_brings_its_points_to_the_fore(shown: Page) -> None:
    shown.get_by_role("button", name="3 20").click()
    shown.get_by_role("button", name="List what is in view").click()
    expect(shown.locator("#map-list-title")).to_have_text("20 images")
