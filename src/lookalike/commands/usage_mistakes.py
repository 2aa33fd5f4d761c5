"""Mistakes of usage: typer's messages repeat words in which a shell has put names of files."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from lookalike.terminal.printable import printable


class PrintableMistakes(TyperGroup):
    """Commands whose mistakes of usage hold nothing that commands the terminal."""

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read the words before the name of a command."""
        with _printable():
            return super().make_context(*args, **more)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run a command."""
        with _printable():
            return super().invoke(ctx)


@contextmanager
def _printable() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # typer exports no class that all its mistakes have in common
        if isinstance(message := getattr(error, "message", None), str):
            error.message = printable(message)  # type: ignore[attr-defined]
        raise
