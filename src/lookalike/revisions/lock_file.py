"""`dvc.lock`: which outputs a revision has, by their hashes."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LOCK = Path("dvc.lock")
HASH = re.compile(r"[0-9a-f]{32}(\.dir)?")  # it becomes a path


def locked_outputs(lock: Mapping[str, Any]) -> dict[Path, str]:
    """The MD5 of each output of the pipeline, that of a folder ends in `.dir`.

    Args:
        lock: the content of the file.
    """
    stages = lock.get("stages", {}).values()
    outs = [out for stage in stages for out in stage.get("outs", ())]
    return {Path(out["path"]): out["md5"] for out in outs if HASH.fullmatch(out.get("md5", ""))}
