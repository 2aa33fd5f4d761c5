"""`lookalike search`: what looks like these images?

Nothing heavy is imported before a search runs: help and completion are immediate.
"""

import math
import os
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from lookalike.commands.result_printing import Form, print_results
from lookalike.core.choices import MetadataSource, RuntimeChoice
from lookalike.core.errors import QueryError
from lookalike.core.files import check_output_file
from lookalike.core.layout import find_index, find_project
from lookalike.terminal.pictures import Inline, inline_pictures

EXAMPLES = """
Examples:

$ lookalike search photo.jpg -k 5

$ lookalike search photos 'more/**/*.png' --jsonl > answers.jsonl

$ lookalike search https://example.org/cat.jpg --where "label != 'dog'"

$ lookalike search --like a.jpg b.jpg --unlike c.jpg --grid page.html

$ lookalike search --text "a red chair" --unlike wooden.jpg

$ curl -s https://example.org/cat.jpg | lookalike search - --json

Exit codes: 0 every query is answered; 1 some are not, and stderr has a line for each of them;
2 the command is not used as it should be.
"""
GRIDS = {".png", ".html"}


def search(
    queries: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY",
            help="Image files, folders, patterns as in 'cats/**/*.jpg', http(s) addresses, or - "
            "for an image on stdin.",
            show_default=False,
        ),
    ] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="An indexed image; may be repeated.")
    ] = None,
    like: Annotated[
        list[str] | None,
        typer.Option("--like", help="One query of all the images that follow: what they share."),
    ] = None,
    unlike: Annotated[
        list[str] | None, typer.Option("--unlike", help="And of what the hits are not to be like.")
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(help="What the images show, in words; beside --like, one of the examples."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many neighbors.")] = 10,
    where: Annotated[
        str | None, typer.Option(help="Only images for which this is true: \"label = 'cat'\".")
    ] = None,
    min_similarity: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Only images at least this similar.")
    ] = None,
    exclude_query: Annotated[
        bool, typer.Option("--exclude-query", help="Leave out the query itself, if indexed.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; of several queries an array.")
    ] = False,
    as_json_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print a line of JSON a query, at once.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line a hit.")] = False,
    grid: Annotated[
        Path | None, typer.Option(help="Write pictures of all results into this .png or .html.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Show pictures in the terminal (kitty, iTerm2, …).")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="Model; default models/model.")] = None,
    index: Annotated[Path | None, typer.Option(help="Index; default models/index.")] = None,
    rev: Annotated[
        str | None,
        typer.Option(help="Search this stage or version of the model registry, or Git revision."),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every byte of the index first.")
    ] = False,
    runtime: Annotated[
        RuntimeChoice | None,
        typer.Option(help="What computes the embedding; default machine.runtime, or auto."),
    ] = None,
    metadata: Annotated[
        MetadataSource,
        typer.Option(help="Who tells of the hits: the index, or the MongoDB of MONGODB_URI."),
    ] = "bundle",
    store: Annotated[
        str | None,
        typer.Option(help="Search what is published there, as in publish --to, and no index here."),
    ] = None,
) -> None:
    """Find the indexed images that look most like each QUERY.

    A failed query is named in a line on stderr, and the others are answered.
    """
    form = _form(as_json, as_json_lines, as_csv)
    _check_usage(
        [*(queries or []), *(ids or []), *(like or []), *(text or [])], unlike, grid, min_similarity
    )
    inline = _inline(form) if pictures else None
    fresh = None
    if store is not None and (index or rev or verify or metadata != "bundle"):
        raise typer.BadParameter("--store: not with --index, --rev, --verify or --metadata")
    if rev is not None:
        if model is not None or index is not None:
            raise typer.BadParameter("--rev: chooses model and index itself; leave them out")
        from lookalike.revisions.checkout import checkout
        from lookalike.revisions.registry import resolve

        clone = find_project(Path())
        there = checkout(clone, resolve(clone.root, rev))
        model, index = there.model, there.index
    if model is None or (index is None and store is None):
        from lookalike.core.params import MachineParams, read_params_if_any

        project = find_index(Path())
        fresh = project.fresh if model is None and index is None and store is None else None
        model, index = model or project.model, index or project.index
        if runtime is None:
            runtime = read_params_if_any(MachineParams, "runtime", path=project.params).runtime

    from lookalike.commands.answers import Answers
    from lookalike.commands.query_words import queries_of
    from lookalike.commands.result_grid import ResultGrid
    from lookalike.search.searcher import open_searcher
    from lookalike.terminal.progress import track

    asked = queries_of(queries or [], ids or [], like or [], unlike or [], text or [])
    drawing = None if grid is None else ResultGrid(grid, len(asked.queries), k)
    if store is not None:
        from lookalike.publish.opening import open_store_searcher

        searcher = open_store_searcher(model, store, runtime or "auto")
    else:
        assert index is not None
        searcher = open_searcher(model, index, verify, runtime or "auto")
    if metadata == "mongodb":
        from lookalike.publish.opening import with_published_metadata

        searcher = with_published_metadata(searcher)
    if fresh is not None and fresh.exists():
        from lookalike.fresh.fresh_images import FreshImages

        searcher = FreshImages(fresh, searcher).searcher
    try:
        found = searcher.search_each(asked.queries, k, where, min_similarity, exclude_query)
    except QueryError as error:
        raise typer.BadParameter(str(error)) from None
    if asked.several and not sys.stdout.isatty():
        found = track(found, "searching", len(asked.queries))
    answers = Answers(chain(asked.failures, found))
    print_results(drawing.noting(answers) if drawing else answers, form, asked.several, inline)
    if drawing:
        drawing.write()
    if answers.failed:
        raise typer.Exit(1)


def _form(as_json: bool, as_json_lines: bool, as_csv: bool) -> Form:
    wanted = {Form.JSON: as_json, Form.JSON_LINES: as_json_lines, Form.CSV: as_csv}
    chosen = [form for form, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        raise typer.BadParameter(f"--{chosen[0]} and --{chosen[1]}: choose one of them")
    return chosen[0] if chosen else Form.TABLE


def _check_usage(
    positive: Sequence[str],
    unlike: Sequence[str] | None,
    grid: Path | None,
    min_similarity: float | None,
) -> None:
    if not positive:
        needed = "--unlike needs --like or --text" if unlike else "name an image to search for"
        raise typer.BadParameter(f"{needed}; see lookalike search --help")
    if min_similarity is not None and math.isnan(min_similarity):
        raise typer.BadParameter("--min-similarity: should be a number from -1 to 1")
    if grid is not None:
        if grid.suffix.lower() not in GRIDS:
            raise typer.BadParameter(f"--grid {grid}: should end in .png or .html")
        check_output_file(grid)


def _inline(form: Form) -> Inline:
    shown = inline_pictures(os.environ)
    if form is not Form.TABLE or not sys.stdout.isatty() or shown is None:
        raise typer.BadParameter(
            "--pictures: only with the table, in a terminal that shows pictures, such as kitty, "
            "Ghostty, iTerm2 or WezTerm; --grid writes them into a file"
        )
    return shown
