"""One line where a stage has computed on another kind of processor than the last time."""

import os
import platform
import re
from contextlib import suppress
from pathlib import Path

from lookalike.core.choices import MODE
from lookalike.core.json_file import parse_json, write_json
from lookalike.core.layout import Layout
from lookalike.terminal.cache_lock import CacheLock
from lookalike.terminal.progress import say

EVERY = "x86-64 with AVX2"  # what portable bytes are of
RECORD = "processors.json"
NEEDED = {"avx2", "fma"}


def note_processor(stage: str, project: Layout) -> None:
    """Remember, in the cache folder, what a stage computes on; one line where that has changed.

    In a portable project a first run is compared too: its committed outputs are of any processor
    that portable bytes are promised for.
    """
    mode = os.environ.get(MODE)
    if mode is None:  # a stage whose bytes no processor changes
        return
    now, path = processor(mode), project.cache / RECORD
    with CacheLock(path):  # experiments that run side by side share the folder
        known: dict[str, str] = {}
        with suppress(OSError, ValueError, TypeError):  # no record is not worth a failure
            known = dict(parse_json(path.read_text(encoding="utf-8")))
        write_json(path, known | {stage: now})
    before = known.get(stage, EVERY if mode == "portable" else now)
    if before != now:
        say(
            f"{stage}: computed on {now}, before on {before}: last bits may differ; "
            "dvc metrics diff shows the figures (docs/reproducibility.md)"
        )


def processor(mode: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The kind of processor that bytes depend on, with `base.reproducible` as it is.

    Args:
        mode: portable or machine.
        cpuinfo: what Linux says about the processor; elsewhere only its architecture is known.
    """
    try:
        said = dict(re.findall(r"^(model name|flags)\s*: (.*)$", cpuinfo.read_text(), re.M))
    except OSError:
        said = {}
    flags = set(said.get("flags", "").split())
    if mode == "portable" and flags >= NEEDED:
        return EVERY
    wide = ", AVX-512" if "avx512f" in flags else ""
    return f"{said.get('model name', platform.machine())}{wide}"
