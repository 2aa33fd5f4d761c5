"""Merge the three versions of `dvc.lock`: those that Git hands over, or those of a conflict."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.layout import Layout
from lookalike.project.lock_merge import merge_locks, write_lock
from lookalike.revisions.git import file_at
from lookalike.revisions.lock_file import LOCK, lock_bytes, read_lock


def resolve_files(base: Path, ours: Path, theirs: Path) -> list[str]:
    """Write the merged lock into `ours`, as Git's merge drivers do.

    Returns:
        The stages that were dropped, because both sides changed them.
    """
    return _resolve([lock_bytes(path) for path in (base, ours, theirs)], ours)


def resolve_conflict(project: Layout) -> list[str]:
    """Write the merged lock in place of one with conflicts.

    Returns:
        The stages that were dropped, because both sides changed them.

    Raises:
        LookalikeError: Git knows of no conflict in it, or one side has deleted it.
    """
    base, ours, theirs = (file_at(project.root, f":{stage}", LOCK) for stage in (1, 2, 3))
    path = project.root / LOCK
    if ours is None or theirs is None:
        raise LookalikeError(f"{path}: has no conflict that Git knows of")
    return _resolve([base or b"", ours, theirs], path)


def _resolve(versions: list[bytes], output: Path) -> list[str]:
    base, ours, theirs = (read_lock(side, LOCK.name) for side in versions)
    merged = merge_locks(base, ours, theirs)
    with atomic_file(output) as partial:
        partial.write_text(write_lock(merged.lock), encoding="utf-8")
    return merged.dropped
