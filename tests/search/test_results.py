"""What a search gives."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.search.queries import ById
from lookalike.search.results import SearchResult
from lookalike.search.searcher import Searcher, open_searcher


@pytest.fixture(scope="module")
def searcher(tiny_model: Path, tiny_index: Path) -> Searcher:
    return open_searcher(tiny_model, tiny_index)


def test_a_grid_shows_the_query_and_every_hit(searcher: Searcher, tiny_source: Path) -> None:
    few = searcher.search(tiny_source / "4/04.png", k=3).grid()
    many = searcher.search(tiny_source / "4/04.png", k=20).grid()
    assert few.mode == many.mode == "RGB"
    assert few.width < many.width
    assert 2 * few.height < many.height
    assert len(np.unique(np.asarray(few).reshape(-1, 3), axis=0)) > 10


def test_a_grid_can_be_saved(searcher: Searcher, tmp_path: Path) -> None:
    result = searcher.search(ById(searcher.index.ids[0]), k=3)
    result.grid().save(tmp_path / "grid.png")
    assert Image.open(tmp_path / "grid.png").size == result.grid().size


def test_a_grid_of_nothing_is_a_picture_too() -> None:
    assert SearchResult("q", [], []).grid().mode == "RGB"
