"""`lookalike retrain` and `lookalike collected`: from what users have given to a proposal."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import ConfigError
from lookalike.core.extras import extra
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_line, print_lines

REPORT = Path(".cache/retrain.md")


def retrain(
    against: Annotated[
        str | None,
        typer.Option(
            help="What to compare with; default the stage production, else the base branch."
        ),
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Register the new version, too; assign no stage.")
    ] = False,
    output: Annotated[Path, typer.Option("-o", help="The report to write, Markdown.")] = REPORT,
) -> None:
    """Run the pipeline and, where the gate lets it pass, commit the results on a branch.

    Nothing leaves this clone and nothing goes live. Exits with 1 where the gate fails.
    """
    from lookalike.core.files import check_output_file
    from lookalike.retrain.retraining import retrain as retrain_project

    check_output_file(output)
    print_lines(retrain_project(find_project(Path()), against, register, output))


def collected(
    address: Annotated[
        str | None, typer.Argument(help="s3://bucket/prefix or a folder; default serve.collect.")
    ] = None,
) -> None:
    """Add what users have said to tables in Git, for a person to look at and commit.

    Right labels go into data/corrections.csv, hits that are not alike into data/hard_negatives.csv.
    """
    with extra("pull"):
        from lookalike.collect.collection import Collection
    from lookalike.collect.correction_rows import add_rows
    from lookalike.collect.hard_negatives import TABLE, add_hard_negatives
    from lookalike.core.params import read_params, read_params_if_any
    from lookalike.ingest.params import IngestParams
    from lookalike.serve.params import ServeParams
    from lookalike.terminal.listing import counted

    project = find_project(Path())
    address = address or read_params_if_any(ServeParams, path=project.params).collect
    if address is None:
        raise ConfigError("serve.collect is not set: say where images are collected")
    collection = Collection(address)
    corrections = project.root / read_params(IngestParams, path=project.params).corrections
    pairs = project.root / TABLE
    new = {
        corrections: add_rows(corrections, collection.corrections()),
        pairs: add_hard_negatives(pairs, collection.hard_negatives()),
    }
    for table, rows in new.items():
        print_line(f"{table}: {counted(rows, 'new row')}")
    if any(new.values()):
        print_line("look at them, and commit those that are right")
