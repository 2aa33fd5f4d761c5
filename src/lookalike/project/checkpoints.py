"""Checkpoints that people keep, beside those that the next training replaces."""

import re
import shutil
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.hashing import sha256_of_file
from lookalike.core.layout import Layout
from lookalike.train.state.checkpoint import LAST, SUFFIX

FOLDER = Path("checkpoints")


def save_checkpoint(project: Layout, name: str) -> tuple[Path, str]:
    """Copy the checkpoint of the last training out of the pipeline's outputs.

    Args:
        project: the project.
        name: what the copy is called.

    Returns:
        The copy's absolute path, and its sha256.

    Raises:
        LookalikeError: there is no checkpoint, or the name is taken or no name of a file.
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise LookalikeError(f"checkpoint {name!r}: use letters, digits, '.', '_' and '-'")
    source, copy = project.checkpoints / LAST, project.root / FOLDER / f"{name}{SUFFIX}"
    if not source.is_file():
        raise LookalikeError(f"{source}: missing; train first, or dvc pull")
    if copy.exists():
        raise LookalikeError(f"{copy}: is there already; remove it or take another name")
    with atomic_file(copy) as partial:
        shutil.copyfile(source, partial)
    return copy.resolve(), sha256_of_file(copy)
