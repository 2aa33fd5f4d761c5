"""`lookalike add`: images that are found at once, before the pipeline runs again."""

from pathlib import Path
from typing import Annotated, cast

import typer

from lookalike.core.errors import QueryError
from lookalike.core.layout import find_index
from lookalike.terminal.output import print_line

DONE = {
    "added": "added",
    "known": "was added before",
    "indexed": "is in the index already",
    "restored": "is found again",
}


def add(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            help="Image files, folders, patterns as in 'cats/**/*.jpg', or http(s) addresses.",
            show_default=False,
        ),
    ] = None,
    label: Annotated[str | None, typer.Option(help="Of all these images.")] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", help="Images, by id, that are not to be found any more."),
    ] = None,
    as_list: Annotated[
        bool, typer.Option("--list", help="List the images that were added: id, label and path.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Drop what the index has by now; embed by its model anew."),
    ] = False,
) -> None:
    """Add images to the index, or remove some, without running the pipeline.

    They are found at once, by a running service too. The source stays as it is: put them there as
    well, and the next dvc repro takes them into the index.
    """
    if not (files or remove or as_list or prune):
        raise typer.BadParameter("name an image to add; see lookalike add --help")
    from lookalike.commands.query_words import queries_of
    from lookalike.project.project import Project
    from lookalike.search.download import Url
    from lookalike.terminal.listing import counted
    from lookalike.terminal.progress import say

    if files and "-" in files:
        raise typer.BadParameter("-: an image needs a name to be added by")
    fresh = Project(find_index(Path())).fresh()
    if prune:
        pruned = fresh.prune()
        print_line(
            f"dropped {counted(pruned.images, 'image')} that the index has and "
            f"{counted(pruned.removals, 'removal')} that it needs no more; embedded "
            f"{counted(pruned.embedded, 'image')} anew"
        )
    failed: list[QueryError] = []
    if files:
        asked = queries_of(files, [], [], [])
        failed += asked.failures
        for done in fresh.add(cast(list[str | Url], asked.queries), label):
            if isinstance(done, QueryError):
                failed.append(done)
            else:
                print_line(f"{done.id}  {done.path}  {DONE[done.outcome]}")
    for error in failed:
        say(f"lookalike: {error}")
    if remove:
        fresh.remove(remove)
        print_line(f"removed {counted(len(remove), 'image')}")
    if as_list:
        for record in fresh.searcher.gallery.added:
            print_line(f"{record['id']}  {record['label'] or '-'}  {record['path']}")
    if failed:
        raise typer.Exit(1)
