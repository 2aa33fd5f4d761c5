"""`dvc.lock`: which outputs a revision has, by their hashes."""

import re
from pathlib import Path
from typing import Any

from lookalike.core.errors import DataError
from lookalike.core.yaml_text import parse_yaml

LOCK = Path("dvc.lock")
NOT_ONE = "is not a dvc.lock that dvc repro has written"
HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")  # it becomes a path


def read_lock_text(text: str | bytes, name: str) -> dict[Path, str]:
    """The outputs in the text of a lock file; see `locked_outputs`."""
    try:
        return locked_outputs(parse_yaml(text) or {}, name)
    except ValueError:
        raise DataError(f"{name}: {NOT_ONE}") from None


def locked_outputs(lock: Any, name: str) -> dict[Path, str]:
    """The MD5 of each output of the pipeline, that of a folder ends in `.dir`.

    Args:
        lock: the content of the file.
        name: what to call it in an error.

    Raises:
        DataError: it is not what DVC writes.
    """
    try:
        stages = lock.get("stages", {}).values()
        outs = [out for stage in stages for out in stage.get("outs", ())]
        return {Path(out["path"]): out["md5"] for out in outs if HASH.fullmatch(out.get("md5", ""))}
    except (AttributeError, LookupError, TypeError):
        raise DataError(f"{name}: {NOT_ONE}") from None
