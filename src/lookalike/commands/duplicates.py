"""`lookalike duplicates`: exact and near duplicates, and leaks between subsets."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import LookalikeError
from lookalike.core.files import check_output_file
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_json, print_lines


def duplicates(
    split: Annotated[Path | None, typer.Option(help="Split; default data/split.csv.")] = None,
    gallery: Annotated[Path | None, typer.Option(help="PNG file to draw groups into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fail_on_leaks: Annotated[
        bool, typer.Option("--fail-on-leaks", help="Exit with 1 where a split has leaks.")
    ] = False,
) -> None:
    """List exact and near duplicates, and those that a split puts in two subsets."""
    from lookalike.project.duplicates import describe, find_duplicates
    from lookalike.project.duplicates_grid import draw_duplicates

    if gallery is not None:
        check_output_file(gallery)
    project = find_project(Path())
    found = find_duplicates(project, split)
    if as_json:
        print_json(found.to_dict())
    else:
        print_lines(describe(found))
    if gallery is not None:
        draw_duplicates(project, found, gallery)
    if fail_on_leaks and any(found.leaks.values()):
        counts = ", ".join(f"{name} {len(leaks)}" for name, leaks in found.leaks.items())
        raise LookalikeError(f"duplicates in two subsets: {counts}")
