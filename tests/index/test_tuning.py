"""What engines choose their parameters by."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lookalike.index.tuning import HeldOut, rising
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.retrieval.vectors import Vectors

VECTORS = Vectors.measured(np.random.default_rng(0).normal(size=(95, 6)).astype(np.float32))


@given(st.integers(1, 1000), st.integers(0, 10**6))
def test_efforts_rise_from_the_first_to_the_most_there_is(first: int, more: int) -> None:
    efforts = list(rising(first, first + more))
    assert (efforts[0], efforts[-1]) == (first, first + more)
    assert efforts == sorted(set(efforts))
    assert len(efforts) < 50


def test_at_most_every_tenth_vector_is_left_out(tmp_path: Path) -> None:
    assert len(HeldOut(VECTORS, "angular", 1000, tmp_path).queries) == 9
    held_out = HeldOut(VECTORS, "angular", 4, tmp_path)
    assert len(held_out.queries) == 4
    together = np.concatenate([held_out.queries, held_out.kept.values])
    assert sorted(together.tolist()) == sorted(VECTORS.values.tolist())


def test_what_exact_search_finds_of_them_is_everything(tmp_path: Path) -> None:
    held_out = HeldOut(VECTORS, "euclidean", 1000, tmp_path)
    assert held_out.recall(ExactSearch(held_out.kept, "euclidean").nearest_of_each) == 1
    assert held_out.recall(ExactSearch(held_out.kept, "dot").nearest_of_each) < 1


def test_a_file_that_is_tried_is_gone_in_the_end(tmp_path: Path) -> None:
    held_out = HeldOut(VECTORS, "angular", 1000, tmp_path / "scratch")
    with held_out.file() as path:
        path.write_text("an index")
    assert list((tmp_path / "scratch").iterdir()) == []
