"""A filter means in MongoDB what it means here, whoever applies it."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.database import Database
from tests.publish.mongodb.vector_search import check_filter
from tests.publish.test_conditions import FURTHER, QUERY, filters, odd_index
from tests.search.test_filters import ROWS, conditions, known_texts, quoted

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.publish.gallery import StoreGallery
from lookalike.publish.mongodb.condition import condition_of, filter_columns
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.store import MongodbStore
from lookalike.search.filter_parser import parse
from lookalike.search.filters import matching_rows

FIXTURES = [HealthCheck.function_scoped_fixture]
TAME: dict[str, tuple[list[Any], pa.DataType]] = {
    "score": ([0.0, 1.5, -7.0, None, 1e300, 7.0], pa.float64()),
    "taken": ([None, 0, -1, 2**53, 7], pa.int64()),
    "tags": ([["cat", "dog"], [], None, ["it's"], [""]], pa.list_(pa.string())),
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return odd_index(tmp_path_factory.mktemp("index") / "index")


@pytest.fixture(scope="module")
def tame(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """90 rows with values by which the server may filter itself."""
    metadata = pa.Table.from_pylist(ROWS, METADATA_SCHEMA)
    for name, (values, kind) in TAME.items():
        column = [values[row % len(values)] for row in range(len(ROWS))]
        metadata = metadata.append_column(name, pa.array(column, kind))
    vectors = np.random.default_rng(0).normal(size=(len(ROWS), 2)).astype(np.float32)
    folder = tmp_path_factory.mktemp("index") / "index"
    return build_index(vectors, metadata, folder, Exact(), None)


@st.composite
def tame_conditions(draw: st.DrawFn) -> str:
    """A comparison with a column that only some indexes have."""
    not_ = draw(st.sampled_from(["", "NOT "]))
    column = draw(st.sampled_from(sorted(TAME)))
    if draw(st.booleans()):
        return f"{not_}{column} IS {draw(st.sampled_from(['', 'NOT ']))}NULL"
    if column == "tags":
        text = quoted(draw(known_texts))
        return f"{not_}tags {draw(st.sampled_from(['=', '!=']))} {text}"
    number = draw(st.sampled_from(["0", "-0", "1.5", "7", "-7", str(2**53), str(2**60), "9" * 400]))
    if draw(st.booleans()):
        return f"{not_}{column} IN ({number}, 7, 0.5)"
    return f"{not_}{column} {draw(st.sampled_from(['=', '!=', '<', '<=', '>', '>=']))} {number}"


joined = st.builds(
    lambda one, word, other: f"NOT ({one[0]}) {word} {other}",
    conditions,
    st.sampled_from(["AND", "OR", "AND NOT"]),
    tame_conditions(),
)


@given(tame_conditions() | conditions.map(lambda condition: condition[0]) | joined)
@settings(suppress_health_check=FIXTURES, max_examples=300)
def test_what_is_pushed_down_selects_the_very_rows_when_a_server_finds_by_it(
    published: Database[Document], tame: Index, where: str
) -> None:
    columns = filter_columns(tame.metadata)
    condition = condition_of(parse(where, tame.metadata.schema), columns)
    if condition is not None:
        check_filter(condition, {"row", *columns})
        found = sorted(each["row"] for each in published["images"].find(condition, {"row": 1}))
        assert found == matching_rows(tame.metadata, where).tolist()


def test_most_filters_are_pushed_down(tame: Index) -> None:
    for where in (
        "label = 'cat' AND split IN ('train', 'valid') AND width >= 640",
        "NOT (label = 'cat' OR label IS NULL)",
        "tags = 'cat' AND score > 0.5",
        "width = 6.5 OR NOT width IN (6.5)",
    ):
        node = parse(where, tame.metadata.schema)
        assert condition_of(node, filter_columns(tame.metadata)) is not None


def test_what_the_server_cannot_say_is_not_pushed_down(tame: Index) -> None:
    for where in (
        "path LIKE 'raw/%'",
        "label = 'cat' AND NOT path LIKE 'raw/%'",
        "tags IS NULL",
        "tags != 'cat'",
        f"width < {2**60}",
        "label = '" + "x" * 8001 + "'",
        " OR ".join(["width = 7"] * 201),
        "NOT (width = 7 AND " * 41 + "width = 3" + ")" * 41,
    ):
        node = parse(where, tame.metadata.schema)
        assert condition_of(node, filter_columns(tame.metadata)) is None, where


def test_columns_with_values_that_servers_compare_otherwise_are_not_filtered_by(
    odd: Index, tame: Index
) -> None:
    assert filter_columns(tame.metadata) == tame.metadata.column_names
    kept = set(filter_columns(odd.metadata))
    assert kept == {*METADATA_SCHEMA.names, "ctid"}
    assert kept.isdisjoint({*FURTHER} - {"ctid"})
    names = {"": ["a"], "$a": ["a"], "a.b": ["a"], "zero": [-0.0], "long": ["x" * 8001], "a": ["a"]}
    assert filter_columns(pa.table(names)) == ["a"]


@given(filters)
@settings(suppress_health_check=FIXTURES, max_examples=150)
def test_a_filter_means_in_mongodb_what_it_means_here(
    searched: StoreGallery, odd: Index, where: str
) -> None:
    found = searched.version.nearest(QUERY, len(ROWS), searched.select(where), exact=True)
    assert sorted(found) == matching_rows(odd.metadata, where).tolist()


def test_a_thousand_comparisons_a_long_list_and_many_levels_are_taken(
    searched: StoreGallery, odd: Index
) -> None:
    for where in (
        " OR ".join(["width = 7"] * 1000),
        "id IN (" + ", ".join(f"'{number:04x}'" for number in range(5000)) + ")",
        "NOT (" * 40 + "width = 7" + ")" * 40,
        "NOT (width = 7 AND " * 24 + "width = 3" + ")" * 24,
        "(width = 7 AND (width = 3 OR " * 19 + "width = 1" + "))" * 19,
    ):
        found = searched.version.nearest(QUERY, len(ROWS), searched.select(where), exact=True)
        assert sorted(found) == matching_rows(odd.metadata, where).tolist()


@pytest.fixture
def published(plain: MongodbStore, database: Database[Document], tame: Index) -> Database[Document]:
    """A real server that holds the tame rows."""
    plain.publish(tame, {}, 0, rewrite=False)
    return database


@pytest.fixture
def searched(store: MongodbStore, odd: Index) -> StoreGallery:
    """The current version of the odd rows, searched."""
    store.publish(odd, {}, 0, rewrite=False)
    return StoreGallery(store.current())
