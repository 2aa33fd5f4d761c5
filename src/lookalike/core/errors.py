"""Errors that people are meant to read. Each text is one line: what, where, and what to do."""


class LookalikeError(Exception):
    """A problem that the user can fix."""


class ConfigError(LookalikeError):
    """A parameter, an option or an address is wrong."""


class DataError(LookalikeError):
    """Images, labels or files that were written earlier are not what they should be."""


class QueryError(LookalikeError):
    """A search cannot be answered as it was asked; over HTTP it is status 422."""


class NotReadyError(LookalikeError):
    """Something has to run first, or to be pulled; over HTTP it is status 503."""


def one_line(error: BaseException, most: int | None = 200) -> str:
    """What a library's error says, without line ends; its kind where it says nothing.

    Args:
        error: of any kind.
        most: characters that are kept; None: all.
    """
    return " ".join(str(error).split())[:most] or type(error).__name__


def shortened(text: str, most: int = 500) -> str:
    """A text of which no more characters are kept: what it quotes may have any length."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
