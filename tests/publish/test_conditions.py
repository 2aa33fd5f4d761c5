"""A filter means in a store what it means here, whatever values and texts there are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.search.test_filters import ROWS, conditions, known_texts, quoted

from lookalike.core.errors import QueryError
from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.addresses import store_at
from lookalike.publish.gallery import StoreGallery
from lookalike.search.filters import matching_rows

QUERY = np.ones(2, np.float32)
FLOATS = [float("nan"), -float("nan"), 0.0, -0.0, 1.5, float("inf"), -float("inf"), None, 1e300]
INTEGERS = [None, 0, -1, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
LISTS = [
    None,
    [],
    [""],
    ["cat", "dog"],
    ["cat", None],
    [None],
    ["it's", "a%b", "a\\b"],
    ["two\nlines"],
]
FURTHER = {
    "x": (FLOATS, pa.float64()),
    "select": (INTEGERS, pa.int64()),
    'a"b.c': (LISTS, pa.list_(pa.string())),
    "ctid": (["Ada", None, "'; --"], pa.string()),
}


def odd_index(folder: Path) -> Index:
    """90 rows with every value that is hard to compare."""
    metadata = pa.Table.from_pylist(ROWS, METADATA_SCHEMA)
    for name, (values, kind) in FURTHER.items():
        column = [values[row % len(values)] for row in range(len(ROWS))]
        metadata = metadata.append_column(name, pa.array(column, kind))
    vectors = np.random.default_rng(0).normal(size=(len(ROWS), 2)).astype(np.float32)
    return build_index(vectors, metadata, folder, Exact(), None)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return odd_index(tmp_path_factory.mktemp("index") / "index")


@pytest.fixture
def passing(address: str, index: Index) -> Callable[[str], list[int]]:
    """The rows that pass a filter in a store."""
    store = store_at(address)
    store.publish(index, {}, 0, rewrite=False)
    gallery = StoreGallery(store.current())

    def rows(where: str) -> list[int]:
        found = gallery.version.nearest(QUERY, len(ROWS), gallery.select(where), exact=True)
        return sorted(found)

    return rows


numbers = st.sampled_from([0, 1.5, 7, -1, 2**53, 2**63, -(2**63)]) | st.integers(-(2**70), 2**70)


@st.composite
def further(draw: st.DrawFn) -> str:
    """A comparison with a column that only some indexes have."""
    column = draw(st.sampled_from(sorted(FURTHER)))
    name = '"' + column.replace('"', '""') + '"'
    not_ = draw(st.sampled_from(["", "NOT "]))
    text = quoted(draw(known_texts | st.sampled_from(["Ada", "'; --", "%", "_at", "\0", "a\0"])))
    if draw(st.booleans()) and column != "x" and column != "select":
        return f"{not_}{name} LIKE {text}"
    operators = ["=", "!=", "<", "<=", ">", ">="]
    if column in {"x", "select"}:
        number = draw(numbers)
        huge = draw(st.sampled_from(["", "1" * 400, "-" + "1" * 400]))
        if draw(st.booleans()):
            return f"{not_}{name} IN ({number}, 0)"
        return f"{not_}{name} {draw(st.sampled_from(operators))} {huge or number}"
    if draw(st.booleans()):
        return f"{not_}{name} IN ({text}, 'dog')"
    known = operators[:2] if column == 'a"b.c' else operators
    return f"{not_}{name} {draw(st.sampled_from(known))} {text}"


filters = (
    st.builds(
        lambda one, word, other: f"({one[0]}) {word} ({other})",
        conditions,
        st.sampled_from(["AND", "OR", "AND NOT"]),
        further(),
    )
    | further()
)


@given(filters)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_a_filter_means_in_a_store_what_it_means_here(
    passing: Callable[[str], list[int]], index: Index, where: str
) -> None:
    assert passing(where) == matching_rows(index.metadata, where).tolist()


def test_a_thousand_comparisons_and_a_long_list_are_taken(
    passing: Callable[[str], list[int]], index: Index
) -> None:
    for where in (
        " OR ".join(["width = 7"] * 1000),
        "id IN (" + ", ".join(f"'{number:04x}'" for number in range(5000)) + ")",
        "NOT (" * 40 + "width = 7" + ")" * 40,
        "NOT (width = 7 AND " * 24 + "width = 3" + ")" * 24,
        "x IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)",
        "x < 0 OR x > 0",
        "NOT x >= -0",
    ):
        assert passing(where) == matching_rows(index.metadata, where).tolist()


def test_what_lancedb_cannot_parse_is_one_line(tmp_path: Path, index: Index) -> None:
    store = store_at(f"lancedb:{tmp_path}")
    store.publish(index, {}, 0, rewrite=False)
    gallery = StoreGallery(store.current())
    where = "(width = 7 AND (width = 3 OR " * 24 + "width = 1" + "))" * 24
    with pytest.raises(QueryError, match="too many for LanceDB"):
        gallery.search(QUERY, 3, gallery.select(where))
