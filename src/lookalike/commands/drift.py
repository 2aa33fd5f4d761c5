"""`lookalike drift`: do new images look like those that are indexed?"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.core.layout import Layout, find_index, find_project
from lookalike.terminal.output import print_json, print_lines
from lookalike.terminal.progress import say

if TYPE_CHECKING:
    from lookalike.review.drift import Drift
    from lookalike.review.new_images import Sides

SHOWN = 10


def drift(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="New images: files, folders, patterns as in 'cats/**/*.jpg', or addresses.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="REV", help="Or the images that REV does not have yet.")
    ] = None,
    subset: Annotated[
        str | None, typer.Option(help="Or those of a subset: train, valid or test.")
    ] = None,
    pull: Annotated[
        bool, typer.Option("--pull", help="Fetch from the remote which images REV has.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fail_on_drift: Annotated[
        bool, typer.Option("--fail-on-drift", help="Exit with 1 where p < 0.01.")
    ] = False,
) -> None:
    """Say whether new images look like the other indexed ones, and which of them do not.

    A permutation test on their embeddings says whether they do as a whole.
    """
    if sum(map(bool, (files, since, subset))) != 1:
        raise typer.BadParameter("name new images, or give one of --since and --subset")
    from lookalike.review.drift import find_drift

    sides = _sides(files or [], since, subset, pull)
    found = find_drift(sides.reference, sides.new, sides.names)
    if as_json:
        print_json(found.to_dict())
    else:
        print_lines(_lines(found))
    if fail_on_drift and found.drifted:
        raise typer.Exit(1)


def _sides(files: list[str], since: str | None, subset: str | None, pull: bool) -> "Sides":
    from lookalike.project.project import Project
    from lookalike.review import new_images

    if since is not None:
        project = find_project(Path())
        return new_images.since_revision(Project(project).index(), project, since, pull)
    project = find_index(Path())
    if subset is not None:
        return new_images.subset_against_others(Project(project).index(), subset)
    return _files(project, files)


def _files(project: Layout, files: list[str]) -> "Sides":
    from lookalike.commands.query_words import queries_of
    from lookalike.core.params import MachineParams, read_params_if_any
    from lookalike.review.new_images import files_against_index
    from lookalike.search.searcher import open_searcher

    asked = queries_of(files, [], [], [])
    if asked.failures:
        *others, last = asked.failures
        for failure in others:
            say(f"lookalike: {failure}")
        raise last
    runtime = read_params_if_any(MachineParams, "runtime", path=project.params).runtime
    searcher = open_searcher(project.model, project.index, runtime=runtime)
    return files_against_index(searcher, asked.queries)


def _lines(found: "Drift") -> Iterator[str]:
    verdict = "differ from" if found.drifted else "are like"
    yield (
        f"{len(found.images)} new images {verdict} {found.reference} others as a whole "
        f"(p = {found.test.p:.3f})"
    )
    if far := found.far:
        yield (
            f"farther from them than 99% of themselves are (distance {found.usual:.2f}): {len(far)}"
        )
    shown = found.images if found.drifted else far
    if shown:
        yield "distance, path; those first that are most unlike the others and like each other:"
    for image in shown[:SHOWN]:
        yield f"  {image.distance:.2f}  {image.name}"
    if len(shown) > SHOWN:
        yield f"  and {len(shown) - SHOWN} more: --json names them"
