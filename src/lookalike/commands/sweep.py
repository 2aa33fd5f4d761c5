"""`lookalike sweep`: which parameters are best?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.extras import extra
from lookalike.core.files import check_output_file
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_json
from lookalike.terminal.progress import say

WIDTH = 160  # of a table that no terminal shows


def sweep(
    file: Annotated[Path, typer.Argument(help="What to vary, as in sweeps/digits.yaml.")],
    html: Annotated[Path | None, typer.Option(help="HTML file to write, with plots.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look for the best parameters: each trial is an experiment that dvc exp show lists.

    Called again, it goes on where it was interrupted, or shows what it has found.
    """
    with extra("sweep"):
        from lookalike.experiments.page import write_page
        from lookalike.experiments.result import result_of
        from lookalike.experiments.sweep import run_sweep
        from lookalike.experiments.table import print_result
    from rich.console import Console

    if html is not None:
        check_output_file(html)
    try:
        study = run_sweep(file, find_project(Path()))
    except KeyboardInterrupt:
        say("sweep: interrupted; the same command goes on")
        raise typer.Exit(130) from None
    result = result_of(study)
    if as_json:
        print_json(result.to_dict())
    else:
        width = None if sys.stdout.isatty() else WIDTH
        print_result(result, Console(width=width, highlight=False, emoji=False, soft_wrap=True))
    if html is not None:
        write_page(html, study, result)
