"""`lookalike publish`: the index in a store, for services to search."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line


def publish(
    to: Annotated[
        str,
        typer.Option(
            help="Where to: mongodb, postgresql://HOST/DATABASE, lancedb:FOLDER or "
            "s3://BUCKET/PREFIX."
        ),
    ] = "mongodb",
    verify: Annotated[
        bool, typer.Option("--verify", help="Only compare the store with the index.")
    ] = False,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write every image though the version is there.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what publishing would do.")
    ] = False,
) -> None:
    """Make the index the current version in a store, by default the MongoDB of MONGODB_URI."""
    from lookalike.publish.command import plan_publishing, publish_index, verify_index

    if verify and dry_run:
        raise typer.BadParameter("--verify and --dry-run: choose one of them")
    project = find_project(Path())
    if verify:
        print_line(verify_index(project, to))
    else:
        print_line((plan_publishing if dry_run else publish_index)(project, to, rewrite))
