"""Files that appear whole or not at all, in one canonical form."""

import csv
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

Row = Sequence[str | int | float | None]

SAMPLES, SAMPLE_BYTES = 64, 4096


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` when the block succeeds.

    Works for a file and for a folder, which the block creates. What an earlier, killed run left
    under the temporary name is removed first; the name is fixed, because only one stage runs at
    a time in a working tree (`core.lock`).
    """
    partial = path.with_name(f".{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    remove(partial)
    try:
        yield partial
        if path.is_dir():
            remove(path)
        partial.replace(path)
    finally:
        remove(partial)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; do nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def to_json(value: Any) -> str:
    """The project's one JSON form: UTF-8, two spaces, order as given, no NaN, final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all."""
    with written_whole(path) as partial:
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


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV with `\\n` line ends, whole or not at all; None becomes an empty field."""
    with written_whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv_line(row) for row in chain([header], rows))


def _csv_line(row: Row) -> str:
    """One line of CSV; `\\r\\n` as line end makes the writer quote a field that holds either."""
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue().removesuffix("\r\n") + "\n"


def read_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a header into one dictionary a row."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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
