"""`lookalike fresh`: would a clone of this have the results of this code, and get them?"""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line, print_lines


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
    from lookalike.revisions.lock_file import check_lock
    from lookalike.revisions.repository import dvc_errors_in_one_line, open_repository

    project = find_project(Path())
    check_lock(project.root)
    with open_repository(project) as repo:
        lines = outdated(repo, not no_remote)
        print_lines(lines)
        if not no_remote:
            with dvc_errors_in_one_line("the remote cannot be asked (--no-remote leaves it out)"):
                missing = not_pushed(repo)
            print_lines(missing)
            lines += missing
    if lines:
        raise typer.Exit(1)
    there = "" if no_remote else ", and the remote has all that it names"
    print_line(f"dvc.lock matches code, parameters and data{there}")
