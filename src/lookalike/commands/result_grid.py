"""The pictures of all results of a command, in one file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from lookalike.core.extras import extra
from lookalike.search.results import SearchResult


class ResultGrid:
    """Notes results as they pass, and writes them: a PNG picture, or an HTML page of any length.

    Args:
        path: the file to write; it ends in `.png` or `.html`.
        queries: how many results there may be.
        k: how many hits each may have.
    """

    def __init__(self, path: Path, queries: int, k: int) -> None:
        # Of a page the text is kept, not the result: it is a tenth of the size
        self._path = path
        self._keep: Any
        self._write: Any
        if path.suffix.lower() == ".html":
            from lookalike.search.page import section, write_page

            self._keep, self._write = section, write_page
        else:
            with extra("figures"):
                from lookalike.search.grid import MOST_ROWS, draw_results, rows_of

            if (rows := queries * rows_of(k + 1)) > MOST_ROWS:
                raise typer.BadParameter(
                    f"--grid {path}: {rows} rows of pictures are more than the {MOST_ROWS} that a "
                    "picture may have; name an .html file"
                )
            self._keep, self._write = (lambda result: result), draw_results
        self._kept: list[Any] = []

    def noting(self, results: Iterable[SearchResult]) -> Iterator[SearchResult]:
        """Pass the results on."""
        for result in results:
            self._kept.append(self._keep(result))
            yield result

    def write(self) -> None:
        """Write the file, whole or not at all; without any result there is none."""
        if self._kept:
            self._write(self._kept, self._path)
