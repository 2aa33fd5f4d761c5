"""Of pairs that people call not alike, two revisions are compared by how alike they find them."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from tests.compare.conftest import Repository, query

from lookalike.compare.comparison import Comparison, compare
from lookalike.compare.pull_request import report
from lookalike.compare.text import describe
from lookalike.core.errors import DataError

IMAGES = {f"{number:02d}": "red" for number in range(30)}


def at_angles(degrees: np.ndarray) -> np.ndarray:
    """Vectors of length 1 in the plane, `[n, 2]`."""
    return np.column_stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])


@pytest.fixture
def said(repository: Repository) -> Repository:
    """Image i at i degrees before, at 3i after; people say that 01 is not like 00, nor 29 and new.

    `new` is an image that only the workspace has, at 0 degrees.
    """
    repository.queries({"00": query()})
    repository.split({})
    repository.thumbnails(IMAGES, at_angles(np.arange(30)))
    repository.commit()
    repository.write("data/hard_negatives.csv", "query,hit\n00,01\n00,29\nnew,00\n")
    angles = np.append(3 * np.arange(30), 0)
    repository.thumbnails({**IMAGES, "new": "red"}, at_angles(angles))
    return repository


def compared(repository: Repository) -> Comparison:
    return compare(repository.at("main"), repository.at())


def test_each_side_measures_the_pairs_that_its_index_has(said: Repository) -> None:
    before, after = compared(said).hard_negatives
    assert before is not None
    assert after is not None
    assert (before.pairs, before.near) == (2, 1)
    assert before.similarity == pytest.approx(np.cos(np.radians([1, 29])).mean())
    assert (after.pairs, after.near) == (3, 2)
    assert after.similarity == pytest.approx(np.cos(np.radians([3, 87, 0])).mean(), abs=1e-6)


def test_text_and_report_have_them_and_an_index_that_is_not_here_is_unknown(
    said: Repository,
) -> None:
    shutil.rmtree(said.root / ".dvc/cache")
    found = compared(said)
    assert found.to_dict()["hard_negatives"][0] is None
    assert "among the 10 nearest  unknown  2" in "\n".join(describe(found))
    assert "| among the 10 nearest | unknown | 2 |" in report(found, [], {}, "")


def test_where_nobody_has_said_anything_there_is_nothing_to_read(said: Repository) -> None:
    (said.root / "data/hard_negatives.csv").unlink()
    assert compared(said).hard_negatives == []
    assert "not alike" not in "\n".join(describe(compared(said))).lower()


def test_a_table_that_is_damaged_is_named(
    said: Repository, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    said.write("data/hard_negatives.csv", "query,hit\n00\n")
    with one_line_error("workspace: data/hard_negatives.csv", "row 1", kind=DataError):
        compared(said)
