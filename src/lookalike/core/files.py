"""Files and folders that appear whole or not at all."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from lookalike.core.claim import claimed
from lookalike.core.errors import LookalikeError

PARTIAL = ".partial"


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block succeeds.

    What an earlier, killed run left under the temporary name is replaced.

    Raises:
        LookalikeError: see `check_output_file`; or another process is writing the same file.
    """
    check_output_file(path)
    partial = _partial(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with claimed(partial, path):
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, *contents: str) -> Iterator[Path]:
    """Yield a new, empty folder beside `path`; it becomes `path` when the block succeeds.

    A folder that is there already is replaced only where this project wrote it, so nothing that
    somebody else put there is ever removed.

    Args:
        path: the folder.
        contents: patterns of all the files that are written into it, as in `*.csv` or
            `plots/*.tsv`; `*` also matches slashes.

    Raises:
        LookalikeError: `path` is a file, or a folder that holds anything else; or another process
            is writing it.
    """
    check_output_folder(path, *contents)
    partial = _partial(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if partial.is_symlink():
        partial.unlink()
    with claimed(partial, path, is_folder=True):
        _empty(partial, contents)
        try:
            yield partial
            remove_folder(path, *contents)
            partial.rename(path)
        finally:
            remove_folder(partial, *contents)


def is_file_name(name: str) -> bool:
    """Whether a name is that of something in a folder, and leads nowhere else."""
    return "/" not in name and name not in {"", ".", ".."}


def check_output_file(path: Path) -> None:
    """Raise LookalikeError unless a file can be written at `path`: asked before any work.

    A file replaces a file, and nothing but a file.
    """
    for place in (path, _partial(path)):
        if place.is_dir():
            raise LookalikeError(f"{place}: is a folder; name a file to write")
        if place.exists() and not place.is_file():
            raise LookalikeError(f"{place}: is not a regular file; name another one to write")
    _check_parent(path)


def check_output_folder(path: Path, *contents: str) -> None:
    """Raise LookalikeError unless a folder can be written at `path`: asked before any work.

    Args:
        path: the folder.
        contents: see `atomic_folder`.
    """
    for place in (path, _partial(path)):
        if place.exists() and not place.is_dir():
            raise LookalikeError(f"{place}: is a file; name a folder to write")
        if place.is_dir() and not place.is_symlink():
            _check_contents(place, contents)
    _check_parent(path)


def remove_folder(path: Path, *contents: str) -> None:
    """Remove a folder that this project wrote, file by file; do nothing where there is none.

    Of a link to a folder, the link alone is removed.

    Args:
        path: the folder.
        contents: see `atomic_folder`.

    Raises:
        LookalikeError: it holds anything else; nothing is removed then.
    """
    if path.is_symlink():
        path.unlink()
    elif path.is_dir():
        _empty(path, contents)
        path.rmdir()


def _empty(path: Path, contents: Sequence[str]) -> None:
    _check_contents(path, contents)
    for folder, subfolders, files in os.walk(path, topdown=False):
        for name in files:
            Path(folder, name).unlink()
        for name in subfolders:
            Path(folder, name).rmdir()


def _partial(path: Path) -> Path:
    """Where something is written before it is complete.

    Raises:
        LookalikeError: the path does not end in a name, as `..` does not.
    """
    if path.name in {"", ".."}:
        raise LookalikeError(f"{path}: is a folder; name a file to write")
    return path.with_name(f".{path.name}{PARTIAL}")


def _check_parent(path: Path) -> None:
    above = next(place for place in path.absolute().parents if place.exists())
    if not above.is_dir():
        raise LookalikeError(f"{path}: cannot be written: {above} is not a folder")


def _check_contents(folder: Path, contents: Sequence[str]) -> None:
    """Raise LookalikeError where a folder holds a link or a file that matches no pattern."""
    for place, subfolders, files in os.walk(folder):
        links = [name for name in subfolders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            written = name[1:].removesuffix(PARTIAL) if name.endswith(PARTIAL) else name
            within = Path(place, written).relative_to(folder).as_posix()
            if name in links or not any(fnmatchcase(within, pattern) for pattern in contents):
                raise LookalikeError(
                    f"{folder}: is not replaced: it holds {Path(place, name).relative_to(folder)}, "
                    "which lookalike did not write; move that away, or name another folder"
                )
