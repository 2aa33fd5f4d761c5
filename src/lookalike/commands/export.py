"""`lookalike export`: the model as a graph for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.choices import ExportFormat
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line


def export(
    output: Annotated[Path, typer.Option("-o", help="The folder to write.")],
    graph: Annotated[
        ExportFormat,
        typer.Option("--format", help="Of the graph: for ONNX Runtime and others, or for torch."),
    ] = "onnx",
) -> None:
    """Write the model as a graph for other programs, compared with the network on real images."""
    from lookalike.project.export import export_model

    print_line(export_model(find_project(Path()), graph, output))
