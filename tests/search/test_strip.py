"""A search result as one row of small pictures."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from lookalike.search.results import SearchResult
from lookalike.search.searcher import open_searcher
from lookalike.search.strip import MOST, strip_of


@pytest.mark.parametrize(("k", "pictures"), [(1, 2), (5, 6), (50, MOST)])
def test_a_strip_shows_the_query_and_what_fits_of_the_hits(
    k: int, pictures: int, tiny_model: Path, tiny_index: Path, tiny_source: Path
) -> None:
    result = open_searcher(tiny_model, tiny_index).search(tiny_source / "3/03.png", k)
    strip = Image.open(BytesIO(strip_of(result)))
    assert (strip.format, strip.height) == ("PNG", 96)
    assert strip.width == 96 * pictures + 8 * pictures  # a gap less, and the one after the query


def test_a_strip_of_nothing_is_a_picture_too() -> None:
    assert Image.open(BytesIO(strip_of(SearchResult("q", [], [])))).size == (1, 96)
