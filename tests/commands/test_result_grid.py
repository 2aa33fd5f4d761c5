"""The pictures of all results of a command."""

from pathlib import Path

import pytest
import typer
from PIL import Image

from lookalike.commands.result_grid import ResultGrid
from lookalike.search.results import SearchResult
from lookalike.search.searcher import open_searcher


@pytest.fixture(scope="module")
def results(tiny_model: Path, tiny_index: Path, tiny_source: Path) -> list[SearchResult]:
    queries = [tiny_source / f"{label}/00.png" for label in range(3)]
    return list(open_searcher(tiny_model, tiny_index).search_many(queries, k=9))


def test_a_picture_grows_by_the_rows_of_every_result(
    results: list[SearchResult], tmp_path: Path
) -> None:
    heights = []
    for count in (1, 3):
        grid = ResultGrid(tmp_path / "grid.png", count, 9)
        assert list(grid.noting(results[:count])) == results[:count]
        grid.write()
        heights.append(Image.open(tmp_path / "grid.png").height)
    assert heights[1] > 2.5 * heights[0]


def test_a_page_shows_every_result(results: list[SearchResult], tmp_path: Path) -> None:
    grid = ResultGrid(tmp_path / "page.HTML", 3, 9)
    list(grid.noting(results))
    grid.write()
    text = (tmp_path / "page.HTML").read_text()
    assert text.count("<section>") == 3
    assert text.count("<img") == 3 * (1 + 9)


@pytest.mark.parametrize("name", ["grid.png", "grid.html"])
def test_without_results_there_is_no_file(name: str, tmp_path: Path) -> None:
    ResultGrid(tmp_path / name, 1, 9).write()
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_too_many_rows_is_refused_before_the_search(tmp_path: Path) -> None:
    ResultGrid(tmp_path / "grid.png", 100, 7)
    ResultGrid(tmp_path / "grid.html", 10**6, 10**6)
    with pytest.raises(typer.BadParameter, match=r"101 rows of pictures are more than .* \.html"):
        ResultGrid(tmp_path / "grid.png", 101, 7)
