"""`lookalike resolve-lock`: merge the dvc.lock of two branches."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import find_project
from lookalike.terminal.progress import say


def resolve_lock(
    versions: Annotated[
        list[Path] | None,
        typer.Argument(help="Base, ours and theirs, as Git gives them to a merge driver."),
    ] = None,
) -> None:
    """Resolve a conflict in dvc.lock: stages that both branches changed are left to dvc repro."""
    from lookalike.project.resolve_lock import resolve_conflict, resolve_files

    if not versions:
        dropped = resolve_conflict(find_project(Path()))
    elif len(versions) == 3:
        dropped = resolve_files(*versions)
    else:
        raise LookalikeError("resolve-lock: takes three files, base, ours and theirs, or none")
    after = f"both branches changed {', '.join(dropped)}: run dvc repro" if dropped else "merged"
    conflict = "" if versions else ", then git add dvc.lock"  # of a driver, Git does that
    say(f"dvc.lock: {after}{conflict}")
