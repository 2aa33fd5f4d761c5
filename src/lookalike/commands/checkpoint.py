"""`lookalike checkpoint save`: a checkpoint that outlives the next training."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.layout import find_project
from lookalike.terminal.output import print_lines

checkpoints = typer.Typer(help="Checkpoints of trainings.", no_args_is_help=True)


@checkpoints.command()
def save(name: Annotated[str, typer.Argument(help="What the copy is called.")]) -> None:
    """Keep a copy of the last training's checkpoint, for a later one to go on from."""
    from lookalike.project.checkpoints import save_checkpoint

    path, sha256 = save_checkpoint(find_project(Path()), name)
    print_lines(
        [
            "To go on from it with more epochs, set in the train block of params.yaml:",
            f"  resume_from: {path}",
            f"  resume_from_sha256: {sha256}",
        ]
    )
