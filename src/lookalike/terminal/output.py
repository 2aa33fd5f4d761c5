"""What commands print on stdout: lines for people, JSON for programs.

Names and labels come from elsewhere. Here they lose what would command the terminal: a command
gives its lines one by one, so that a line break in a name makes no line.
"""

import sys
from collections.abc import Iterable
from typing import Any

from lookalike.terminal.printable import printable, printable_json


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come, each as one; controls are escaped as in `\\x1b` and `\\n`."""
    for line in lines:
        print(printable(line), flush=True)


def print_line(line: str) -> None:
    """Print one line, as `print_lines` does."""
    print_lines([line])


def print_json(value: Any, indent: int | None = 2) -> None:
    """Print JSON, in which controls are escaped as JSON does it; without an indent it is a line."""
    print(printable_json(value, sys.stdout.encoding, indent), flush=True)
