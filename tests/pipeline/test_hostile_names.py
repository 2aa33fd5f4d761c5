"""Names and labels that mean harm, through every stage into all that people read."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from playwright.sync_api import Browser, Page
from sklearn.datasets import load_digits
from tests.page.conftest import watched

from lookalike.core.layout import Layout
from lookalike.images.store import ImageStore
from lookalike.record.run_parts import run_parts

from .conftest import Project, copy, project_made_once

HARM = "document.title = 'harmed'"
LABELS = [
    f"<script>{HARM}</script>",
    f'"><img src=x onerror="{HARM}">',
    f"'-{HARM}-'",
    "</script></style><!--",
    f"[a](javascript:{HARM}) ![b](http://example.org/b.png) @everybody #1",
    "# heading\n\n* item",
    "{{ 7 * 7 }} ${7 * 7} %s%n",
    "=HYPERLINK(1)",
    "+1-1",
    "@SUM(1)",
    'a,b;"c"\td',
    "line\r\nbreak",
    "\x1b[2J\x1b]0;harmed\x07",
    "\u202egnp.exe\u2066",
    "../../../etc/passwd",
    "/etc/passwd",
    "$(touch harmed) `touch harmed`",
    "-rf",
    "a" * 4000,
    "\x00",
    "'; DROP TABLE images; --",
]
FILE_NAMES = ["<b>.png", "a\nb.png", "\x1b[2J.png", "=1.png", "-k.png", "'.png", '".png', "%2e.png"]
SPEAKS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# https://mlflow.org/docs/latest/api_reference/python_api/mlflow.html#mlflow.log_metric
MLFLOW_NAME = re.compile(r"[/\w.\- :]+")


def hostile_source(folder: Path) -> Path:
    """Ten digits of each label, most of them with names that mean harm, too; and a table of labels.

    No name is other than UTF-8: DVC cannot hash such a folder, which `lookalike check` says.
    """
    folder.mkdir()
    pixels = (255 - load_digits().images * 255 / 16).round().astype(np.uint8)
    names = [*FILE_NAMES, *(f"{n:03d}.png" for n in range(10 * len(LABELS) - len(FILE_NAMES)))]
    rows = []
    for number, name in enumerate(names):
        Image.fromarray(np.kron(pixels[number], np.ones((4, 4), np.uint8))).save(folder / name)
        rows.append((name, LABELS[number % len(LABELS)]))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *rows])
    return folder


@pytest.fixture(scope="session")
def _hostile(_fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    def run_all(root: Path) -> Project:
        project = copy(_fresh, root)
        source = hostile_source(root.with_name("hostile-source"))
        project.set_params(ingest__source=str(source))
        project.run("dvc", "repro")
        project.commit("hostile names")
        return project

    return project_made_once(tmp_path_factory, "hostile", run_all)


@pytest.fixture
def hostile(_hostile: Project, tmp_path: Path) -> Project:
    return copy(_hostile, tmp_path / "hostile")


@pytest.mark.full
def test_labels_arrive_as_they_are(hostile: Project) -> None:
    images = ImageStore(hostile.path("data/images"))
    assert set(images.metadata["label"].to_pylist()) == set(LABELS)
    assert set(FILE_NAMES) <= set(images.metadata["path"].to_pylist())
    metrics = json.loads(hostile.read("metrics/split.json"))
    assert set(metrics["images_by_class"]) == set(LABELS)


@pytest.mark.full
def test_columns_of_tables_stay_columns(hostile: Project) -> None:
    tables = [*hostile.root.glob("metrics/evaluate/*.csv"), *hostile.root.glob("data/*.csv")]
    assert len(tables) > 5
    for path in tables:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            header, *rows = csv.reader(file)
        assert {len(row) for row in rows} <= {len(header)}, path
    found = hostile.lookalike("search", hostile_query(hostile), "--csv").stdout
    assert len({len(row) for row in csv.reader(StringIO(found, newline=""))}) == 1


@pytest.mark.full
@pytest.mark.parametrize(
    "command",
    [
        ("check",),
        ("results",),
        ("duplicates",),
        ("duplicates", "--json"),
        ("fresh", "--no-remote"),
        ("review",),
        ("drift", "--subset", "test"),
        ("search", "QUERY"),
        ("search", "QUERY", "--json"),
        ("compare", "HEAD"),
        ("pr-report", "HEAD"),
    ],
    ids=" ".join,
)
def test_nothing_that_is_printed_commands_the_terminal(
    hostile: Project, command: tuple[str, ...]
) -> None:
    query = hostile_query(hostile)
    arguments = [query if word == "QUERY" else word for word in command]
    done = hostile.lookalike(*arguments)
    assert SPEAKS.findall(done.stdout + done.stderr) == []


@pytest.mark.full
def test_nothing_that_labels_smuggle_into_a_page_runs(hostile: Project, browser: Browser) -> None:
    query = hostile_query(hostile)
    hostile.lookalike("report", "-o", "report.html")
    hostile.lookalike("review", "--html", "review.html")
    hostile.lookalike("compare", "HEAD", "--html", "compare.html")
    hostile.lookalike("search", query, "--grid", "search.html")
    hostile.lookalike("search", query, "--grid", "search.png")
    pages = [*hostile.root.glob("*.html"), *hostile.root.glob("metrics/**/*.html")]
    assert len(pages) >= 4
    with watched(browser) as new:
        for path in pages:
            page = new()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(path.as_uri())
            page.wait_for_timeout(300)
            assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
            is_harmless(page)


@pytest.mark.full
def test_cards_stay_cards(hostile: Project) -> None:
    hostile.lookalike("card", "-o", "cards", "--license", "mit", "--data-license", "mit")
    for path in hostile.root.glob("cards/*/README.md"):
        text = path.read_text(encoding="utf-8")
        assert SPEAKS.findall(text) == []
        html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        assert re.findall(r"<(script|img|a href=.(?!https?:))", html) == []
    assert json.loads(hostile.read("cards/data/croissant.json"))


@pytest.mark.full
def test_names_of_metrics_are_such_as_mlflow_takes(hostile: Project) -> None:
    parts = run_parts(Layout(hostile.root))
    names = {name for part in parts for name, *_ in part.metrics}
    assert names
    assert [name for name in names if not MLFLOW_NAME.fullmatch(name)] == []


@pytest.mark.full
def test_a_database_holds_labels_as_they_are(hostile: Project, mongodb_uri: str) -> None:
    uri = urlsplit(mongodb_uri)._replace(path="/hostile").geturl()
    hostile.environment["MONGODB_URI"] = uri
    hostile.lookalike("publish")
    assert "is current" in hostile.lookalike("publish", "--verify").stdout
    from pymongo import MongoClient

    with MongoClient[dict[str, object]](uri) as client:
        assert set(client["hostile"]["images"].distinct("label")) == set(LABELS)


def hostile_query(project: Project) -> str:
    """An image of the source, by its path."""
    return str(Path(project.params()["ingest"]["source"]) / "050.png")


def is_harmless(page: Page) -> None:
    """Nothing has run, and no label has become an element, a link or an attribute that acts."""
    assert "harmed" not in page.title()
    acting = page.evaluate(
        """() => [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith('on') || a.value.trim().startsWith('javascript:'))
            .map(a => `${a.name}=${a.value}`)"""
    )
    assert acting == []
