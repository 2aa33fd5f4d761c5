"""What an error says, on its way to a terminal."""

from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.terminal.printable import printable, printable_lines


def error_text(error: LookalikeError) -> str:
    """One line; of a file of parameters with several mistakes, a line for each.

    A line break in the name of a file is escaped, so it makes no line that is not ours.
    """
    escape = printable_lines if isinstance(error, ConfigError) else printable
    return escape(str(error))
