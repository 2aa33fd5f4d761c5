"""Search results as one picture: each query's examples, then its hits by falling similarity."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from lookalike.figures.grid import Panel, draw_grid, grid_image
from lookalike.search.results import PLACEHOLDER, SearchResult

COLUMNS = 8
MOST_ROWS = 100  # of a picture: more take minutes to draw, and few viewers show them


def grid_of(results: Sequence[SearchResult]) -> Image.Image:
    """The results from top to bottom, with labels and similarities; RGB."""
    return grid_image(_rows(results), _title(results))


def draw_results(results: Sequence[SearchResult], path: Path) -> None:
    """As `grid_of`, into a PNG file; whole or not at all."""
    draw_grid(_rows(results), _title(results), path)


def rows_of(pictures: int) -> int:
    """The rows that so many pictures of one result fill."""
    return -(-pictures // COLUMNS)


def _rows(results: Sequence[SearchResult]) -> list[list[Panel]]:
    rows = []
    for result in results:
        panels = [Panel(example, "query", None) for example in result.examples]
        for hit in result.hits:
            caption = f"{'' if hit.label is None else hit.label}\n{hit.similarity:.2f}"
            panels.append(Panel(result.picture(hit), caption, None))
        rows += [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
    return rows or [[Panel(Image.new("RGB", *PLACEHOLDER), "", None)]]


def _title(results: Sequence[SearchResult]) -> str:
    return results[0].query if len(results) == 1 else f"{len(results)} queries"
