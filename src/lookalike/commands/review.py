"""`lookalike review`: what in the data is likely wrong, for people to decide."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.files import check_output_file
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_json


def review(
    grid: Annotated[Path | None, typer.Option(help="PNG file to draw findings into.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="HTML file to write, to mark corrections on.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List suspicious labels, copies, outliers, spoiled pictures and how even the classes are.

    The page of --html writes a corrections file, which the stage ingest applies.
    """
    for path in filter(None, (grid, html)):
        check_output_file(path)
    from lookalike.review.grid import draw_review
    from lookalike.review.page import write_page
    from lookalike.review.review import review as review_project
    from lookalike.review.text import print_review

    found = review_project(find_project(Path()))
    if as_json:
        print_json(found.to_dict())
    else:
        print_review(found)
    if grid is not None:
        draw_review(grid, found)
    if html is not None:
        write_page(html, found)
