"""The served page over an index whose names and labels mean harm."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.page.conftest import watched
from tests.serve.conftest import Serving
from tests.terminal.test_printable import commands

from lookalike.images.store import ImageStore
from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.metadata import joined_metadata
from lookalike.index.thumbnails import write_thumbnails
from lookalike.inference.embeddings import open_embeddings

HARM = "document.title = 'harmed'"
LABELS = [
    f"<script>{HARM}</script>",
    f'"><img src=x onerror="{HARM}">',
    f"javascript:{HARM}",
    "</script></style></textarea><!--",
    "photo\u202egnp.exe\u2066",
    "\x1b[2J\x07",
    "line\r\nbreak\u2028",
    "{{ 7 * 7 }} ${7 * 7}",
    "a" * 10_000,
    "ى" * 10_000,
    "<b>" + "é" * 9_000,
    "__proto__",
    "constructor",
]


@pytest.fixture(scope="module")
def hostile_index(
    tiny_images: ImageStore, tiny_embeddings: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny index, with a label that means harm for each image, and in its path."""
    folder = tmp_path_factory.mktemp("hostile") / "index"
    embeddings = open_embeddings(tiny_embeddings)
    metadata = joined_metadata(tiny_images.metadata, embeddings, [])
    labels = list(islice(cycle(LABELS), len(metadata)))
    for name, values in {
        "label": labels,
        "predicted_label": labels[1:] + labels[:1],
        "path": [f"{label}/{row:03d}.png" for row, label in enumerate(labels)],
        "split": labels,
    }.items():
        at = metadata.schema.get_field_index(name)
        metadata = metadata.set_column(at, metadata.schema.field(at), pa.array(values))
    thumbnails = partial(write_thumbnails, tiny_images, 96, 1)
    engine = Annoy(trees=10, search_k=10_000)
    build_index(embeddings.vectors, metadata, folder, engine, embeddings.model_sha256, thumbnails)
    return folder


@pytest.fixture(scope="module")
def hostile_address(serving: Serving, hostile_index: Path) -> Iterator[str]:
    with serving(index=hostile_index) as client:
        yield str(client.base_url)


@pytest.fixture
def visit(browser: Browser, hostile_address: str) -> Iterator[Callable[..., Page]]:
    """Open the page; nothing may be thrown, nor blocked by its policy."""
    with watched(browser) as new:

        def visit(path: str = "") -> Page:
            page = new()
            page.goto(f"{hostile_address}/{path}")
            return page

        yield visit


def check_harmless(page: Page) -> None:
    """Nothing ran, no label acts, nothing that is read reorders the rest, nothing sticks out."""
    assert "harmed" not in page.title()
    acting = page.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes]
            .filter(a => a.name.startsWith('on')
                || ['href', 'src', 'action'].includes(a.name) && /^\\s*javascript:/i.test(a.value))
            .map(a => `${e.tagName} ${a.name}=${a.value}`))"""
    )
    assert acting == []
    read = page.evaluate(
        """() => [document.body.textContent, ...[...document.querySelectorAll('*')].flatMap(
            e => [e.title, e.alt, e.getAttribute('aria-label')])].filter(Boolean).join('')"""
    )
    assert set(commands(read)) <= {"\n"}
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_search_by_a_hostile_name_and_its_hits(
    visit: Callable[..., Page], three: Path, tmp_path: Path
) -> None:
    page = visit()
    named = tmp_path / f'<img src=x onerror="{HARM}">\u202egnp.png'.replace("/", "")
    named.write_bytes(three.read_bytes())
    page.set_input_files("#file", named)
    expect(page.locator("#results-title")).to_have_text("40 images")
    expect(page.locator("#examples")).to_contain_text(r"\u202egnp.png")
    shown = page.locator(".tile .label").all_text_contents()
    assert {label[:20] for label in shown} & {label[:20] for label in LABELS[:4]}
    check_harmless(page)
    page.locator(".tile").first.hover()
    page.locator(".tile").first.get_by_role("button", name=re.compile("^Why")).click()
    expect(page.locator("#sides")).to_be_visible()
    check_harmless(page)
    page.keyboard.press("Escape")
    page.locator(".tile a").first.click()
    expect(page).to_have_url(re.compile(r"\?like="))
    check_harmless(page)


@pytest.mark.parametrize("label", LABELS)
def test_a_filter_by_a_hostile_label_finds_its_images(
    label: str, visit: Callable[..., Page], three: Path
) -> None:
    page = visit()
    page.set_input_files("#file", three)
    expect(page.locator("#results-title")).to_have_text("40 images")
    if not page.locator("#filter-form").is_visible():
        page.get_by_text("Filters", exact=False).first.click()
    choice = page.locator("details.choice", has_text="Label").first
    choice.locator("summary").click()
    choice.locator("input[type=checkbox]").evaluate_all(
        "(boxes, label) => boxes.find(box => box.value === label).click()", label
    )
    expect(page.locator("#results-title")).to_have_text(re.compile(r"^(9|10) images$"))
    check_harmless(page)


def test_the_map_of_hostile_labels(visit: Callable[..., Page]) -> None:
    page = visit("?view=map")
    expect(page.locator("#legend li")).not_to_have_count(0)
    expect(page.locator("#map-message")).to_have_text("")
    check_harmless(page)
    stage = page.locator(".map-stage").bounding_box()
    assert stage is not None
    for x in range(20):
        for y in range(10):
            page.mouse.move(
                stage["x"] + stage["width"] * (x + 0.5) / 20,
                stage["y"] + stage["height"] * (y + 0.5) / 10,
            )
            if page.locator("#map-card").is_visible():
                check_harmless(page)
                return
    pytest.fail("no image was met")
