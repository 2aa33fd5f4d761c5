"""`lookalike results`, `lookalike report` and `lookalike card`: the last run, for people."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.files import check_output_file
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line, print_lines

REPORT = Path("report.html")
CARDS = Path("cards")


def results() -> None:
    """Say where the results are and how to search."""
    from lookalike.project.results import results

    print_lines(results(find_project(Path()), command=sys.argv[0]))


def report(
    revisions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REV]...", help="Revisions or experiments to show beside it."),
    ] = None,
    output: Annotated[Path, typer.Option("-o", help="The HTML file to write.")] = REPORT,
) -> None:
    """Write one HTML file with the metrics, plots and pictures of the last run."""
    from lookalike.record.report import write_report

    check_output_file(output)
    write_report(find_project(Path()), output, revisions or ())
    print_line(f"{output} shows the last run; it needs nothing but itself")


def card(
    output: Annotated[Path, typer.Option("-o", help="The folder to write.")] = CARDS,
    license: Annotated[
        str | None, typer.Option(help="Of the model, such as apache-2.0; else it is not stated.")
    ] = None,
    data_license: Annotated[
        str | None, typer.Option(help="Of the images, such as cc-by-4.0; else it is not stated.")
    ] = None,
) -> None:
    """Write a model card and a data card of the last run, for people and the Hugging Face Hub."""
    from lookalike.record.cards import write_cards

    write_cards(find_project(Path()), output, license, data_license)
    print_line(f"{output} holds the cards of the last run: model/README.md, data/README.md")
