"""The frame around a stage's `main`: the lock, one line for a mistake, an exit code."""

import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.terminal.console import ConsoleReporter
from lookalike.terminal.error_text import error_text
from lookalike.terminal.loading_failure import loading_failure
from lookalike.terminal.lock import stage_lock
from lookalike.terminal.printable import printable
from lookalike.terminal.process import is_first_of_its_host, is_first_process
from lookalike.terminal.processor_change import note_processor
from lookalike.terminal.progress import reporting_to
from lookalike.terminal.system_failure import system_failure


def run_stage(name: str, main: Callable[[Layout], None]) -> NoReturn:
    """Run `main` on the project in the current folder, under its lock, and exit.

    Exit code 0: done. 1: a mistake that the user can fix, told in one line on stderr.
    130: interrupted (SIGINT or SIGTERM); outputs that were not finished are not there. The text of
    the `KeyboardInterrupt` says from where the next run goes on, if not from the start.

    Of several processes, the first one locks, and the first one of each host speaks for the others.
    """
    speaks, project = is_first_of_its_host(), Layout(Path())
    for number in (signal.SIGINT, signal.SIGTERM):  # a job in the background ignores SIGINT
        signal.signal(number, _interrupt)
    try:
        lock = stage_lock(name, project.root) if is_first_process() else nullcontext()
        with reporting_to(ConsoleReporter()), lock:
            main(project)
            if is_first_process():
                note_processor(name, project)
    except LookalikeError as error:
        _silence_what_is_left()
        sys.exit(f"{name}: {error_text(error)}" if speaks else 1)
    except Exception as error:
        if (failure := loading_failure(error) or system_failure(error)) is None:
            raise
        _silence_what_is_left()
        sys.exit(f"{name}: {printable(failure)}" if speaks else 1)
    except KeyboardInterrupt as interruption:
        if speaks:
            remedy = str(interruption) or "run it again to start this stage anew"
            print(f"{name}: interrupted; {printable(remedy)}", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)


def _silence_what_is_left() -> None:
    """What a failure has left half made complains in tracebacks when it is cleared away."""
    sys.unraisablehook = lambda _: None


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
