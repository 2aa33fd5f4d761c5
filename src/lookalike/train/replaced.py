"""What DVC removes before the stage runs: nothing there can be read by it."""

import os
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout

LOCAL = ("file", "local")  # fsspec's names of this machine's own files


def check_not_replaced(parameter: str, source: str, project: Layout) -> None:
    """Raise LookalikeError where a parameter names what the stage itself replaces.

    Args:
        parameter: its name.
        source: a path, relative to the project or absolute, or a URL.
        project: whose relative paths they are.
    """
    protocol, is_url, path = source.rpartition("://")
    if is_url and protocol.rpartition("::")[2].lower() not in LOCAL:
        return
    spellings = _spellings(project.root / path)
    for output in (project.model, project.checkpoints, project.train_figures, project.train_log):
        places = _spellings(output)
        if any(one.is_relative_to(place) for one in spellings for place in places):
            raise LookalikeError(
                f"{parameter} = {source}: this training replaces {project.relative(output)}, and "
                f"DVC removes it first: name a copy (cp -r {project.relative(output)} NAME)"
            )


def _spellings(path: Path) -> set[Path]:
    """A path as it is written and as it is found: DVC may link a folder's files to its cache."""
    written = Path(os.path.normpath(path.absolute()))
    return {written, path.resolve(), written.parent.resolve() / written.name}
