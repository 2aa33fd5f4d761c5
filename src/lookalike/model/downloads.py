"""Weights by URL: downloaded once, into the cache that experiments share."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.files import atomic_file
from lookalike.core.hashing import sha256_of_file
from lookalike.core.secrets import without_secrets
from lookalike.terminal.cache_lock import CacheLock
from lookalike.terminal.progress import say

FOLDER = "weights"
RECORD = ".sha256"


@contextmanager
def downloaded(url: str, pinned: str | None, cache: Path) -> Iterator[Path]:
    """A file of the cache, which no other process replaces inside of the context.

    Beside it lies the sha256 that it had when it was whole: a file without, or with another one,
    is downloaded anew.

    Args:
        url: where it is.
        pinned: what it has to hash to; where it is None, the hash is printed.
        cache: the folder of the cache.

    Raises:
        LookalikeError: it cannot be downloaded, or is another one than was meant.
    """
    path = cache / FOLDER / hashlib.sha256(url.encode()).hexdigest()
    with CacheLock(path):
        found = _recorded(path) or _download(url, path)
        try:
            check_hash(url, found, pinned)
        except LookalikeError:
            path.unlink()  # or the wrong file would be taken next time, too
            _record(path).unlink()
            raise
        yield path


def check_hash(source: str, found: str, pinned: str | None) -> None:
    """Hold the sha256 of weights against the pinned one; where none is, say what to pin.

    Raises:
        LookalikeError: they differ.
    """
    source = without_secrets(source)
    if pinned is None:
        say(f"train.weights: {source} has no pinned hash; add  weights_sha256: {found}")
    elif found != pinned:
        raise LookalikeError(
            f"train.weights: {source} has the sha256 {found}, but train.weights_sha256 is "
            f"{pinned}; get the right file or pin this one"
        )


def _recorded(path: Path) -> str | None:
    """The sha256 of a file that is as it was once downloaded; None: there is no such file."""
    record = _record(path)
    if not (path.is_file() and record.is_file()):
        return None
    found = sha256_of_file(path)
    return found if record.read_text(encoding="ascii", errors="replace") == found else None


def _record(path: Path) -> Path:
    return path.with_name(path.name + RECORD)


def _download(url: str, path: Path) -> str:
    try:
        with atomic_file(path) as partial:
            fsspec.url_to_fs(url)[0].get_file(url, str(partial))
    except LookalikeError:
        raise
    except Exception as error:  # every protocol raises its own
        reason = one_line(error, None)
        problem = f"train.weights: {url}: cannot be downloaded ({reason})"
        raise LookalikeError(without_secrets(problem)) from None
    found = sha256_of_file(path)
    with atomic_file(_record(path)) as partial:
        partial.write_text(found, encoding="ascii")
    return found
