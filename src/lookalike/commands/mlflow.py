"""`lookalike mlflow`: the last run on a tracking server."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line


def mlflow(
    register: Annotated[
        str | None,
        typer.Option(help="Make the export a version of this registered model, too."),
    ] = None,
) -> None:
    """Show the last training and its evaluation in the MLflow that MLFLOW_TRACKING_URI names."""
    from lookalike.record.mlflow_run import mirror

    print_line(mirror(find_project(Path()), register))
