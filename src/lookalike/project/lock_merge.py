"""Merge `dvc.lock` of two branches stage by stage; DVC has no merge of lock files.

A stage's entry is right as a whole or not at all, so none is ever mixed of two. Where both branches
ran a stage, with different results, its entry is dropped: `dvc repro` takes it from the run cache,
or runs the stage.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from dvc.utils.serialize import dumps_yaml

from lookalike.core.errors import LookalikeError

STAGES = "stages"
Lock = dict[str, Any]
ABSENT = None


class Merged(NamedTuple):
    """A merged lock file.

    Attributes:
        lock: its content.
        dropped: the stages that both branches changed, each in its way.
    """

    lock: Lock
    dropped: list[str]


def merge_locks(base: Lock, ours: Lock, theirs: Lock) -> Merged:
    """Take each stage from the branch that changed it; one that both changed is dropped.

    Args:
        base: of the commit that the branches have in common; empty where there is none.
        ours: of the branch that is merged into. Its order is kept.
        theirs: of the other one.

    Raises:
        LookalikeError: both changed something beside the stages, such as the schema.
    """
    lock, conflicts = _merge(base, ours, theirs, leave=STAGES)
    if conflicts:
        raise LookalikeError(
            f"dvc.lock: both branches changed {', '.join(conflicts)}; write it anew with: dvc repro"
        )
    stages = (side.get(STAGES, {}) for side in (base, ours, theirs))
    merged, dropped = _merge(*stages)
    return Merged({**lock, STAGES: merged}, dropped)


def _merge(base: Lock, ours: Lock, theirs: Lock, leave: str = "") -> tuple[Lock, list[str]]:
    """Merge by key; the keys that both changed, each in its way, are left out and named."""
    merged, conflicts = {}, []
    for key in _keys(ours, theirs):
        before, our, their = (side.get(key, ABSENT) for side in (base, ours, theirs))
        if key == leave:
            continue
        if before != our != their != before:
            conflicts.append(key)
        elif (chosen := their if our == before else our) is not ABSENT:
            merged[key] = chosen
    return merged, conflicts


def _keys(*sides: Iterable[str]) -> list[str]:
    """The keys of all, each once, in order."""
    return list(dict.fromkeys(key for side in sides for key in side))


def write_lock(lock: Lock) -> str:
    """The text of a lock file, as DVC writes it."""
    text: str = dumps_yaml(lock)
    return text
