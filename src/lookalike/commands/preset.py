"""`lookalike preset`: parameters that are known to work."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line, print_lines


def _complete_preset(start: str) -> list[str]:
    from lookalike.project.preset import preset_names

    try:
        return [name for name in preset_names(find_project(Path())) if name.startswith(start)]
    except LookalikeError:  # a shell that completes a word shows no mistakes
        return []


def preset(
    name: Annotated[
        str | None,
        typer.Argument(help="Leave out to list the presets.", autocompletion=_complete_preset),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Where the images are: a path or an address.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="Pretrained weights: a file, a model or an address.")
    ] = None,
    second_weights: Annotated[
        str | None, typer.Option(help="Those of the preset's second backbone, likewise.")
    ] = None,
) -> None:
    """Put the preset NAME into params.yaml; comments, machine, serve and bot stay."""
    from lookalike.project.preset import apply_preset, preset_names

    project = find_project(Path())
    if name is None:
        print_lines(preset_names(project))
    else:
        apply_preset(project, name, source, weights, second_weights)
        print_line(f"{project.params} now holds the preset {name}; run it with: dvc repro")
