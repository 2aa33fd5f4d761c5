"""`lookalike stac-items`: the items of a catalog as a file that DVC can watch."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.extras import extra
from lookalike.core.files import check_output_file
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line

OUTPUT = Path("data/items.parquet")


def stac_items(
    url: Annotated[str, typer.Argument(help="A STAC API, or a catalog: URL or folder.")],
    collection: Annotated[
        list[str] | None, typer.Option(help="Take this one only; may be repeated.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Keep the items for which this SQL expression is true.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Look this label up in label assets, and store it.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", help="The file to write.")] = OUTPUT,
) -> None:
    """Freeze the items of a STAC API or catalog into a GeoParquet file that DVC can watch."""
    check_output_file(output)
    with extra("stac"):
        from lookalike.ingest.stac.freeze import freeze

    project = find_project(Path())
    number = freeze(url, collection or [], where, label, output, project.root)
    print_line(f"{output} holds {number} items; ingest reads it with ingest.source: {output}")
