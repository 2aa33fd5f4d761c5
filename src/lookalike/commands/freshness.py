"""`lookalike fresh`: would a clone of this have the results of this code, and get them?"""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.layout import find_project


def fresh(
    no_remote: Annotated[
        bool, typer.Option("--no-remote", help="Ask nothing over the network.")
    ] = False,
) -> None:
    """Check that dvc.lock matches code, parameters and data, and that the remote has all it names.

    Nothing is pulled. Prints a line for each difference; exits with 1 where there is one.
    """
    from lookalike.project.freshness import outdated
    from lookalike.project.not_pushed import not_pushed
    from lookalike.revisions.repository import dvc_errors_in_one_line, open_repository

    with open_repository(find_project(Path())) as repo:
        lines = outdated(repo, not no_remote)
        _print(lines)
        if not no_remote:
            with dvc_errors_in_one_line("the remote cannot be asked (--no-remote leaves it out)"):
                lines += _print(not_pushed(repo))
    if lines:
        raise typer.Exit(1)
    there = "" if no_remote else ", and the remote has all that it names"
    print(f"dvc.lock matches code, parameters and data{there}")


def _print(lines: list[str]) -> list[str]:
    for line in lines:
        print(line)
    return lines
