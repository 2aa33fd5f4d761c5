"""The parts of the page that compute: addresses, filters, tables, rows, lassos."""

import csv
import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path as Polygon
from playwright.sync_api import Browser, Page

from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.search.filters import matching_rows

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
ratios = st.lists(st.floats(0.05, 20), min_size=1, max_size=40)
FEW = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def modules(browser: Browser, address: str) -> Any:
    """Call a function of a module: `modules("csv", "csv", rows)`."""
    page: Page = browser.new_page()
    page.goto(address)

    def call(module: str, function: str, *arguments: Any) -> Any:
        script = "async ([m, f, a]) => (await import(`/page/${m}.js`))[f](...a)"
        return page.evaluate(script, [module, function, arguments])

    yield call
    page.close()


def test_a_cell_that_begins_like_a_formula_stays_text(modules: Any) -> None:
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=b", 'say "hi", then', "two\nlines", None, 3]
    (read,) = csv.reader(io.StringIO(modules("csv", "csv", [cells]), newline=""))
    assert read[:5] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1"]
    assert read[5:] == ["a=b", 'say "hi", then', "two\nlines", "", "3"]


@FEW
@given(rows=st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=5))
def test_a_table_is_read_back_as_it_was_written(modules: Any, rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(modules("csv", "csv", rows), newline="")))
    assert [[c.removeprefix("'") for c in row] for row in read] == [
        [c.removeprefix("'") for c in row] for row in rows
    ]


@FEW
@given(labels=st.lists(texts, min_size=1, max_size=6), data=st.data())
def test_a_choice_of_labels_is_the_filter_that_finds_them(
    modules: Any, labels: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(labels), min_size=1, unique=True))
    where = modules("where", "whereOf", {"label": {"in": chosen}, "width": {"min": 5}})
    count = len(labels)
    table = pa.table(
        {
            **{f.name: [""] * count for f in METADATA_SCHEMA if f.type == pa.string()},
            "label": labels,
            "width": list(range(count)),
            "height": [1] * count,
        }
    ).cast(pa.schema([METADATA_SCHEMA.field(n) for n in pa_names()]))
    expected = [row for row, label in enumerate(labels) if label in chosen and row >= 5]
    assert matching_rows(table, where).tolist() == expected


def pa_names() -> list[str]:
    """The columns in the order in which the test makes them."""
    return [f.name for f in METADATA_SCHEMA if f.type == pa.string()] + ["width", "height"]


@FEW
@given(
    like=st.lists(texts, max_size=3),
    k=st.integers(1, 1000),
    least=st.none() | st.floats(-1, 1).map(lambda x: round(x, 2)),
    chosen=st.lists(texts, min_size=1, max_size=3),
    part=texts,
    condition=texts.map(str.strip),
    text=st.just("") | texts,
)
def test_an_address_gives_back_the_search_that_it_was_made_of(
    modules: Any,
    like: list[str],
    k: int,
    least: float | None,
    chosen: list[str],
    part: str,
    condition: str,
    text: str,
) -> None:
    search = {
        "like": like,
        "unlike": like[:1],
        "text": text,
        "k": k,
        "min": least,
        "filters": {"label": {"in": chosen}, "path": {"has": part}, "width": {"min": 3, "max": 9}},
        "condition": condition,
        "hideCopies": True,
        "view": "map",
        "color": "split",
    }
    assert modules("address", "fromAddress", modules("address", "toAddress", search)) == search


@FEW
@given(shapes=ratios, width=st.integers(300, 2000))
def test_rows_of_pictures_fill_the_width_and_are_about_as_high_as_wanted(
    modules: Any, shapes: list[float], width: int
) -> None:
    wanted, gap = 170, 10
    sizes = modules("rows", "justified", shapes, {"width": width, "height": wanted, "gap": gap})
    assert len(sizes) == len(shapes)
    rows: list[list[dict[str, float]]] = []
    filled = width + 1.0
    for size in sizes:  # as the browser wraps them
        if filled + gap + size["width"] > width + 0.01:
            rows.append([])
            filled = -gap
        filled += gap + size["width"]
        rows[-1].append(size)
    for row in rows[:-1]:
        assert sum(s["width"] for s in row) + gap * (len(row) - 1) == pytest.approx(width, abs=1)
        assert len({s["height"] for s in row}) == 1
        assert wanted / 3 <= row[0]["height"] <= 4 * wanted
    assert rows[-1][0]["height"] <= 4 * wanted


@FEW
@given(corners=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8))
def test_a_lasso_holds_the_points_that_are_inside(
    modules: Any, corners: list[tuple[float, float]]
) -> None:
    points = np.random.default_rng(0).random((50, 2))
    given_points = {"x": points[:, 0].tolist(), "y": points[:, 1].tolist()}
    found = set(modules("lasso", "inside", given_points, [list(c) for c in corners]))
    # even-odd: the number of sides that a ray to the left crosses, by matplotlib where it is simple
    hull = Polygon(np.array(corners))
    box_low, box_high = np.min(corners, axis=0), np.max(corners, axis=0)
    outside = ~((points >= box_low) & (points <= box_high)).all(axis=1)
    assert not found & set(np.flatnonzero(outside).tolist())
    if len(corners) == 3:  # a triangle does not cross itself
        assert found == set(np.flatnonzero(hull.contains_points(points)).tolist())
