"""Files that appear whole or not at all, in one canonical form."""

import csv
import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

from lookalike.core.claim import claimed
from lookalike.core.errors import DataError, LookalikeError

Row = Sequence[str | int | float | None]

PARTIAL = ".partial"
SAMPLES, SAMPLE_BYTES = 64, 4096


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


def to_json(value: Any) -> str:
    """The project's one JSON form: UTF-8, two spaces, order as given, no NaN, final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all.

    Raises:
        LookalikeError: a number in it is infinite, or not a number.
    """
    for name, number in _floats(value):
        if not math.isfinite(number):
            raise LookalikeError(
                f"{path}: is not written: {name} is {number}; embeddings or scores that it comes "
                "from are not finite"
            )
    with atomic_file(path) as partial:
        partial.write_text(to_json(value), encoding="utf-8")


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write metrics as JSON, numbers rounded to six decimals: what is beyond that is noise."""
    write_json(path, rounded(metrics))


def rounded(value: Any) -> Any:
    """Round every float in nested dictionaries, lists and tuples to six decimals."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def _floats(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every float in nested dictionaries, lists and tuples, with its place, as in `valid.loss`."""
    if isinstance(value, float):
        yield name or "it", value
    elif isinstance(value, dict | list | tuple):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _floats(item, f"{name}.{key}" if name else str(key))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV with `\\n` line ends, whole or not at all; None becomes an empty field."""
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv_line(row) for row in chain([header], rows))


def _csv_line(row: Row) -> str:
    """One line of CSV; `\\r\\n` as line end makes the writer quote a field that holds either."""
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n") + "\n"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header into one dictionary a row.

    Raises:
        DataError: it is no such file, or a row has other fields than the header names.
        OSError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: is no CSV file in UTF-8 ({error})") from None
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise DataError(f"{path}: row {number} has other fields than the header names")
    return rows


def sha256_of_file(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sampled_sha256(path: Path) -> str:
    """The sha256 of a file's size and of 64 blocks of 4 KB, evenly spaced from first to last.

    Takes milliseconds whatever the size. Tells a file from another, also one of the same size; a
    few changed bytes it may miss.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    last = max(0, size - SAMPLE_BYTES)
    with path.open("rb", buffering=0) as file:
        for start in sorted({last * n // (SAMPLES - 1) for n in range(SAMPLES)}):
            file.seek(start)
            digest.update(file.read(SAMPLE_BYTES))
    return digest.hexdigest()


def sha256_of_files(paths: Iterable[Path]) -> str:
    """One sha256 over several files: over the sorted pairs of name and sha256."""
    lines = sorted(f"{path.name}\0{sha256_of_file(path)}\n" for path in paths)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
