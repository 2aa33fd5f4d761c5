"""The command line `lookalike`: its commands, in the order of `lookalike --help`.

Every mistake that a user can fix is one line on stderr and exit code 1.
"""

import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from lookalike.commands.add import add
from lookalike.commands.bot import bot
from lookalike.commands.check import check, doctor
from lookalike.commands.checkpoint import checkpoints
from lookalike.commands.compare import compare, gate, pr_report
from lookalike.commands.drift import drift
from lookalike.commands.duplicates import duplicates
from lookalike.commands.export import export
from lookalike.commands.freshness import fresh
from lookalike.commands.greedy_options import GreedyOptions
from lookalike.commands.mlflow import mlflow
from lookalike.commands.pin import pin
from lookalike.commands.preset import preset
from lookalike.commands.publish import publish
from lookalike.commands.pull_serving import fingerprints, pull_serving
from lookalike.commands.report import card, report, results
from lookalike.commands.resolve_lock import resolve_lock
from lookalike.commands.retrain import collected, retrain
from lookalike.commands.review import review
from lookalike.commands.search import EXAMPLES, search
from lookalike.commands.serve import open_page, serve
from lookalike.commands.stac_items import stac_items
from lookalike.commands.sweep import sweep
from lookalike.commands.usage_mistakes import PrintableMistakes
from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra
from lookalike.core.temporary_folder import check_temporary_folder
from lookalike.terminal.error_text import error_text
from lookalike.terminal.output import print_line
from lookalike.terminal.printable import printable
from lookalike.terminal.progress import reporting_to

app = typer.Typer(
    name="lookalike",
    cls=PrintableMistakes,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print_line(f"lookalike {version('lookalike')}")
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
app.command()(export)
app.command()(serve)
app.command("open")(open_page)
app.command()(bot)
app.command()(check)
app.command()(doctor)
app.command()(preset)
app.add_typer(checkpoints, name="checkpoint")
app.command()(duplicates)
app.command()(review)
app.command()(drift)
app.command()(stac_items)
app.command()(pin)
app.command()(publish)
app.command()(mlflow)
app.command()(results)
app.command()(report)
app.command()(card)
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
            check_temporary_folder()
            app()
    except LookalikeError as error:
        sys.exit(f"lookalike: {error_text(error)}")
    except Exception as error:
        from lookalike.terminal.system_failure import system_failure

        if (failure := system_failure(error)) is None:
            raise
        sys.exit(f"lookalike: {printable(failure)}")
