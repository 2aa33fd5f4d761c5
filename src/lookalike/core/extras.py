"""Packages that only some projects need: the extras of `pyproject.toml`."""

from collections.abc import Iterator
from contextlib import contextmanager

from lookalike.core.errors import LookalikeError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import, inside of this block, what needs the packages of an extra.

    Raises:
        LookalikeError: one of them is not installed; the line says how to install it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise LookalikeError(
            f"the package {error.name} is missing: pip install 'lookalike[{name}]'"
        ) from None
