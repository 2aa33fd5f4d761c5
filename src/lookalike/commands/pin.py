"""`lookalike pin`: a revision of a data set elsewhere, as a file that DVC can watch."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.files import check_output_file
from lookalike.terminal.output import print_line

OUTPUT = Path("data/source.pin")


def pin(
    address: Annotated[
        str,
        typer.Argument(
            help="hf://datasets/OWNER/NAME@REVISION/FOLDER, where revision and folder may be left "
            "out; or dvc://REPOSITORY?rev=REVISION#FOLDER."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", help="The file to write.")] = OUTPUT,
) -> None:
    """Pin a data set of the Hugging Face Hub, or a folder of a DVC repository, at its commit."""
    from lookalike.ingest.pins import write_pin

    check_output_file(output)
    pinned = write_pin(address, output)
    print_line(f"{output} names {pinned}; ingest reads it with ingest.source: {output}")
