"""An index and what has changed since, searched as one."""

from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors
from lookalike.search.filters import matching_rows
from lookalike.search.gallery import Gallery
from lookalike.search.segment import Segment

METRICS: list[Literal["angular", "euclidean", "dot"]] = ["angular", "euclidean", "dot"]
INDEXED, ADDED = 30, 12
VECTORS = np.random.default_rng(0).integers(-3, 4, (INDEXED + ADDED, 4)).astype(np.float32)
RECORDS = [
    {
        "id": f"{row:02d}",
        "path": f"{row:02d}.png",
        "label": "even" if row % 2 == 0 else "odd",
        "source": "photos",
        "split": None,
        "predicted_label": None,
        "width": 8,
        "height": 8,
    }
    for row in range(INDEXED + ADDED)
]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Index]:
    """An index of thirty images by every metric, with a column of its own."""
    folder: Path = tmp_path_factory.mktemp("indexes")
    table = pa.Table.from_pylist(RECORDS[:INDEXED], METADATA_SCHEMA)
    table = table.append_column("year", pa.array(range(INDEXED), pa.int64()))
    return {
        metric: build_index(VECTORS[:INDEXED], table, folder / metric, Exact(metric=metric))
        for metric in METRICS
    }


def segment(removed: set[int] = frozenset()) -> Segment:  # type: ignore[assignment]
    vectors = Vectors.measured(VECTORS[INDEXED:])
    return Segment(RECORDS[INDEXED:], vectors, [b"webp"] * ADDED, [f"{r:02d}" for r in removed])


@pytest.mark.parametrize("metric", METRICS)
@given(
    query=st.lists(st.integers(-3, 3), min_size=4, max_size=4),
    k=st.integers(1, 50),
    removed=st.sets(st.integers(0, INDEXED - 1)),
    rows=st.none() | st.sets(st.integers(0, INDEXED + ADDED - 1)),
)
@settings(max_examples=60, deadline=None)
def test_it_finds_what_exact_search_over_all_that_is_left_finds(
    metric: Literal["angular", "euclidean", "dot"],
    indexes: dict[str, Index],
    query: list[int],
    k: int,
    removed: set[int],
    rows: set[int] | None,
) -> None:
    vector = np.array(query, np.float32)
    gallery = Gallery(indexes[metric], segment(removed))
    chosen = None if rows is None else np.array(sorted(rows), np.int64)
    found = gallery.search(vector, k, chosen)
    allowed = set(range(len(VECTORS)) if rows is None else rows) - removed
    assert len(found.rows) == min(k, len(allowed))
    assert set(found.rows.tolist()) <= allowed
    assert (np.diff(found.similarities) <= 0).all()
    if allowed:
        whole = ExactSearch(Vectors.measured(VECTORS), metric)
        left = np.array(sorted(allowed))
        nearest = np.sort(whole.nearness(vector[None], left[None])[0])[::-1][:k]
        nearness = whole.nearness(vector[None], found.rows[None])[0]
        # Of images that are equally near, the last bit decides
        np.testing.assert_allclose(np.sort(nearness)[::-1], nearest, rtol=1e-5, atol=1e-5)
    several = gallery.search_many(np.stack([vector, vector]), k, chosen)
    assert several.rows.tolist() == [found.rows.tolist()] * 2


def test_without_changes_it_is_the_index(indexes: dict[str, Index]) -> None:
    index = indexes["angular"]
    gallery = Gallery(index)
    assert len(gallery) == len(index)
    assert gallery.images is index.metadata
    assert (
        gallery.search(VECTORS[35], 5).rows.tolist() == index.search(VECTORS[35], 5).rows.tolist()
    )


def test_an_image_that_both_have_is_the_one_of_the_index(indexes: dict[str, Index]) -> None:
    both = segment()._replace(
        records=[*RECORDS[INDEXED:-1], {**RECORDS[3], "label": "stale"}],
    )
    gallery = Gallery(indexes["angular"], both)
    assert len(gallery) == INDEXED + ADDED - 1
    assert gallery.row_of("03") == 3
    assert [record["label"] for record in gallery.records([3])] == ["odd"]


def test_filters_see_added_images_and_columns_that_they_lack(indexes: dict[str, Index]) -> None:
    gallery = Gallery(indexes["angular"], segment())
    assert matching_rows(gallery.metadata, "label = 'odd'").tolist() == [*range(1, 42, 2)]
    assert matching_rows(gallery.metadata, "year IS NULL").tolist() == [*range(30, 42)]


def test_records_come_in_the_order_of_the_rows(indexes: dict[str, Index]) -> None:
    records = Gallery(indexes["angular"], segment()).records([33, 2, 31])
    assert [(record["id"], record["year"]) for record in records] == [
        ("33", None),
        ("02", 2),
        ("31", None),
    ]


def test_a_removed_image_is_unknown(indexes: dict[str, Index]) -> None:
    gallery = Gallery(indexes["angular"], segment({3}))
    assert gallery.row_of("03") is None
    assert "03" not in gallery.images["id"].to_pylist()
    assert len(gallery) == len(gallery.images) == INDEXED + ADDED - 1
