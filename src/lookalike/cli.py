"""The command line `lookalike`; its commands are those of `lookalike --help`.

Every mistake that a user can mend is one line on stderr and exit code 1.
"""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from lookalike.commands.add import add
from lookalike.commands.bot import bot
from lookalike.commands.compare import compare, gate, pr_report
from lookalike.commands.drift import drift
from lookalike.commands.freshness import fresh
from lookalike.commands.greedy_options import GreedyOptions
from lookalike.commands.pin import pin
from lookalike.commands.pull_serving import fingerprints, pull_serving
from lookalike.commands.resolve_lock import resolve_lock
from lookalike.commands.retrain import collected, retrain
from lookalike.commands.review import review
from lookalike.commands.search import EXAMPLES, search
from lookalike.commands.sweep import sweep
from lookalike.core.choices import ExportFormat
from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra
from lookalike.core.files import check_output_file, to_json
from lookalike.core.layout import find_index, find_project
from lookalike.terminal.printable import printable_lines
from lookalike.terminal.progress import reporting_to

STAC_ITEMS = Path("data/items.parquet")
REPORT = Path("report.html")
CARDS = Path("cards")

app = typer.Typer(
    name="lookalike",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"lookalike {version('lookalike')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Image similarity search: what looks like this?"""


app.command(cls=GreedyOptions, epilog=EXAMPLES)(search)
app.command(cls=GreedyOptions)(add)


@app.command()
def export(
    output: Annotated[Path, typer.Option("-o", help="The folder to write.")],
    graph: Annotated[
        ExportFormat,
        typer.Option("--format", help="Of the graph: for ONNX Runtime and others, or for torch."),
    ] = "onnx",
) -> None:
    """Write the model as a graph for other programs, compared with the network on real images."""
    from lookalike.project.export import export_model

    print(export_model(find_project(Path()), graph, output))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address; default serve.host.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; default serve.port; 0: a free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; default serve.workers.")] = None,
    store: Annotated[
        str | None, typer.Option(help="Search what is published there; default serve.store.")
    ] = None,
    allow_anonymous: Annotated[
        bool,
        typer.Option("--allow-anonymous", help="Listen beyond this machine without a token, too."),
    ] = False,
    rev: Annotated[
        str | None,
        typer.Option(help="Serve this stage or version of the model registry, or Git revision."),
    ] = None,
) -> None:
    """Answer searches over HTTP; LOOKALIKE_TOKEN is what clients have to show, where it is set."""
    with extra("serve"):
        from lookalike.serve.command import serve_project

    given = {"host": host, "port": port, "workers": workers, "store": store}
    project = find_index(Path()) if rev is None else find_project(Path())
    serve_project(project, given, allow_anonymous, rev=rev)


@app.command("open")
def open_page() -> None:
    """Open the web page to search from in a browser; Ctrl-C ends its service."""
    with extra("serve"):
        from lookalike.serve.command import serve_project

    alone = {"host": "127.0.0.1", "port": 0, "workers": 1}
    serve_project(find_index(Path()), alone, show=True)


app.command()(bot)


@app.command()
def check() -> None:
    """Check params.yaml, and that the source is there and holds images."""
    from lookalike.project.check import check

    print(check(find_project(Path())))


@app.command()
def doctor() -> None:
    """Say what this machine has, measure it, and recommend parameters; they stay as they are."""
    from lookalike.doctor.doctor import doctor

    for line in doctor(find_project(Path())):
        print(line, flush=True)


def _complete_preset(start: str) -> list[str]:
    from lookalike.project.preset import preset_names

    try:
        return [name for name in preset_names(find_project(Path())) if name.startswith(start)]
    except LookalikeError:  # a shell that completes a word shows no mistakes
        return []


@app.command()
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
) -> None:
    """Put the preset NAME into params.yaml; comments, machine, serve and bot stay."""
    from lookalike.project.preset import apply_preset, preset_names

    project = find_project(Path())
    if name is None:
        print("\n".join(preset_names(project)))
    else:
        apply_preset(project, name, source, weights)
        print(f"{project.params} now holds the preset {name}; run it with: dvc repro")


checkpoints = typer.Typer(help="Checkpoints of trainings.", no_args_is_help=True)
app.add_typer(checkpoints, name="checkpoint")


@checkpoints.command()
def save(name: Annotated[str, typer.Argument(help="What the copy is called.")]) -> None:
    """Keep a copy of the last training's checkpoint, for a later one to go on from."""
    from lookalike.project.checkpoints import save_checkpoint

    path, sha256 = save_checkpoint(find_project(Path()), name)
    print("To go on from it with more epochs, set in the train block of params.yaml:")
    print(f"  resume_from: {path}")
    print(f"  resume_from_sha256: {sha256}")


@app.command()
def duplicates(
    split: Annotated[Path | None, typer.Option(help="Split; default data/split.csv.")] = None,
    gallery: Annotated[Path | None, typer.Option(help="PNG file to draw groups into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    fail_on_leaks: Annotated[
        bool, typer.Option("--fail-on-leaks", help="Exit with 1 where a split has leaks.")
    ] = False,
) -> None:
    """List exact and near duplicates, and those that a split puts in two subsets."""
    from lookalike.project.duplicates import describe, find_duplicates
    from lookalike.project.duplicates_grid import draw_duplicates

    if gallery is not None:
        check_output_file(gallery)
    project = find_project(Path())
    found = find_duplicates(project, split)
    print(to_json(found.to_dict()) if as_json else describe(found), end="" if as_json else "\n")
    if gallery is not None:
        draw_duplicates(project, found, gallery)
    if fail_on_leaks and any(found.leaks.values()):
        counts = ", ".join(f"{name} {len(leaks)}" for name, leaks in found.leaks.items())
        raise LookalikeError(f"duplicates in two subsets: {counts}")


app.command()(review)
app.command()(drift)


@app.command()
def stac_items(
    url: Annotated[str, typer.Argument(help="A STAC API, or a catalog: URL or folder.")],
    collection: Annotated[
        list[str] | None, typer.Option(help="Take this one only; may be repeated.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help="Keep the items for which this SQL expression is true.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="Look this label up in label assets, and store it.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", help="The file to write.")] = STAC_ITEMS,
) -> None:
    """Freeze the items of a STAC API or catalog into a GeoParquet file that DVC can watch."""
    check_output_file(output)
    with extra("stac"):
        from lookalike.ingest.stac.freeze import freeze

    project = find_project(Path())
    number = freeze(url, collection or [], where, label, output, project.root)
    print(f"{output} holds {number} items; ingest reads it with ingest.source: {output}")


app.command()(pin)


@app.command()
def publish(
    to: Annotated[
        str,
        typer.Option(
            help="Where to: mongodb, postgresql://HOST/DATABASE, lancedb:FOLDER or "
            "s3://BUCKET/PREFIX."
        ),
    ] = "mongodb",
    verify: Annotated[
        bool, typer.Option("--verify", help="Only compare the store with the index.")
    ] = False,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write every image though the version is there.")
    ] = False,
) -> None:
    """Make the index the current version in a store, by default the MongoDB of MONGODB_URI."""
    from lookalike.publish.command import publish_index, verify_index

    project = find_project(Path())
    print(verify_index(project, to) if verify else publish_index(project, to, rewrite))


@app.command()
def mlflow(
    register: Annotated[
        str | None,
        typer.Option(help="Make the export a version of this registered model, too."),
    ] = None,
) -> None:
    """Show the last training and its evaluation in the MLflow that MLFLOW_TRACKING_URI names."""
    from lookalike.record.mlflow_run import mirror

    print(mirror(find_project(Path()), register))


@app.command()
def results() -> None:
    """Say where the results are and how to search."""
    from lookalike.project.results import results

    print(results(find_project(Path()), command=sys.argv[0]))


@app.command()
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
    print(f"{output} shows the last run; it needs nothing but itself")


@app.command()
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
    print(f"{output} holds the cards of the last run: model/README.md, data/README.md")


app.command()(compare)
app.command()(gate)
app.command()(pr_report)
app.command()(sweep)
app.command()(retrain)
app.command()(collected)
app.command()(fresh)
app.command()(pull_serving)
app.command()(fingerprints)
app.command()(resolve_lock)


def main() -> None:
    """Run the command line; a mistake is one line and exit code 1."""
    from lookalike.terminal.console import ConsoleReporter

    if isinstance(sys.stdout, TextIOWrapper):  # where it is not UTF-8, labels are escaped
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # searching needs no extra; the other commands do
        with reporting_to(ConsoleReporter()), extra("pipeline"):
            app()
    except LookalikeError as error:
        sys.exit(f"lookalike: {printable_lines(str(error))}")
    except Exception as error:
        from lookalike.terminal.system_failure import system_failure

        if (failure := system_failure(error)) is None:
            raise
        sys.exit(f"lookalike: {failure}")
