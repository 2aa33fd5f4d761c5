"""`dvc.lock`: which outputs a revision has, by their hashes.

It may come from another branch, or from a merge that left its markers, so it is read with care.
"""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.regular_file import regular_bytes
from lookalike.core.yaml_text import parse_yaml

LOCK = Path("dvc.lock")
HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")  # it becomes a path


class _Out(BaseModel):
    path: str
    md5: str | None = None


class _Stage(BaseModel):
    outs: list[_Out] = []


class _Lock(BaseModel):
    """What is read of a lock file; there is more in it."""

    stages: dict[str, _Stage] = {}


def lock_bytes(path: Path) -> bytes:
    """What a lock file holds.

    Raises:
        LookalikeError: it cannot be read.
    """
    try:
        return regular_bytes(path)
    except OSError as error:
        raise LookalikeError(f"{path}: cannot be read ({error.strerror})") from None


def read_lock(content: bytes | str, name: str) -> dict[str, Any]:
    """The content of a lock file; empty where the file is.

    Args:
        content: of the file.
        name: what to call it in an error.

    Raises:
        DataError: it is none.
    """
    return _read(content, name)[0]


def locked_outputs(content: bytes | str, name: str) -> dict[Path, str]:
    """The MD5 of each output of the pipeline, that of a folder ends in `.dir`.

    Args:
        content: of the lock file.
        name: what to call it in an error.

    Raises:
        DataError: it is no lock file.
    """
    outs = [out for stage in _read(content, name)[1].stages.values() for out in stage.outs]
    return {Path(out.path): out.md5 for out in outs if out.md5 and HASH.fullmatch(out.md5)}


def check_lock(root: Path) -> None:
    """Raise DataError where the lock file of a project's folder is none; there may be no such file.

    Asked before DVC reads it, which takes some damage for a fault of its own.
    """
    path = root / LOCK
    if path.is_file():
        _read(lock_bytes(path), str(path))


def _read(content: bytes | str, name: str) -> tuple[dict[str, Any], _Lock]:
    try:
        parsed = parse_yaml(content) or {}
        return parsed, _Lock.model_validate(parsed)
    except ValueError:  # pydantic's is one, too
        raise DataError(
            f"{name}: is not a {LOCK} that dvc repro has written; write it anew with: dvc repro"
        ) from None
