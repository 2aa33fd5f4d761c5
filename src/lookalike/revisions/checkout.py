"""Model, export and index of a commit, from the DVC remote into a folder of their own.

Nothing is checked out in the working tree, and nothing else is fetched.
"""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.files import atomic_folder, is_file_name
from lookalike.core.layout import Layout
from lookalike.revisions.git import file_at
from lookalike.revisions.lock_file import LOCK, locked_outputs
from lookalike.revisions.registry import Revision
from lookalike.terminal.cache_lock import CacheLock
from lookalike.terminal.progress import say

FOLDER = "revisions"  # in the project's cache


def checkout(project: Layout, revision: Revision) -> Layout:
    """Where model, export and index of a revision are; they are fetched where they are not.

    Several processes may ask at once: one of them fetches, and the others wait.

    Returns:
        The layout of a folder that holds `models/` and nothing else.

    Raises:
        LookalikeError: the commit has no model or no index, or they cannot be fetched.
    """
    there = Layout(project.cache / FOLDER / revision.commit)
    with CacheLock(there.root):
        if not there.root.is_dir():
            _place(project, _fetched(project, revision), there.root)
    return there


def _fetched(project: Layout, revision: Revision) -> dict[Path, Path]:
    """The files of a revision in DVC's cache, each by its path in the project."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.transfer import transfer
    from dvc_data.hashfile.tree import Tree

    from lookalike.revisions.repository import open_repository  # takes a second

    outputs = _outputs(project, revision)
    folders = {HashInfo("md5", md5): path for path, md5 in outputs.items()}
    found = {}
    with open_repository(project, f"{revision}: cannot be fetched") as repo, _quiet():
        remote, cache = repo.cloud.get_remote_odb(command="pull"), repo.cache.local
        for info, folder in folders.items():
            if not cache.exists(info.value) and not _holds(remote, info.value):
                raise LookalikeError(f"{revision}: {folder} is not in the remote")
        say(f"{revision}: model and index are being fetched")
        transfer(remote, cache, folders, verify=True, shallow=False)
        for info, folder in folders.items():
            # The list of a folder that lacks a file is not put into the cache
            place = cache if cache.exists(info.value) else remote
            for key, _, part in Tree.load(place, info):
                if not key or not all(map(is_file_name, key)):
                    raise DataError(f"{revision}: {folder} names {key!r:.80}, which is not taken")
                path = folder.joinpath(*key)
                if not cache.exists(part.value):
                    broken = remote.exists(part.value)
                    failed = "did not arrive whole" if broken else "is not in the remote"
                    raise LookalikeError(f"{revision}: {path} {failed}")
                found[path] = Path(cache.oid_to_path(part.value))
    return found


def _holds(remote: Any, md5: str | None) -> bool:
    """Whether a remote has an object; unlike `exists`, it fails where nobody answers."""
    try:
        remote.fs.info(remote.oid_to_path(md5))
    except FileNotFoundError:
        return False
    return True


def _outputs(project: Layout, revision: Revision) -> dict[Path, str]:
    """The folders to fetch with their hashes; the commit need not have an export."""
    lock = file_at(project.root, revision.commit, LOCK)
    locked = locked_outputs(lock or b"", f"{revision}: {LOCK}")
    wanted = [project.relative(path) for path in (project.model, project.index, project.export)]
    for path in wanted[:2]:
        if path not in locked:
            raise LookalikeError(
                f"{revision}: {LOCK} of this commit names no {path}; name one in which the "
                "pipeline has run"
            )
    return {path: locked[path] for path in wanted if path in locked}


def _place(project: Layout, files: dict[Path, Path], folder: Path) -> None:
    """Put files of the cache into a folder, whole or not at all; where it can be, as links."""
    with atomic_folder(folder, "models/*") as partial:
        for path, cached in files.items():
            target = partial / path
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                target.hardlink_to(cached)
            except OSError:  # another file system
                shutil.copyfile(cached, target)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep DVC from writing on stderr what becomes one line here."""
    logger = logging.getLogger("dvc_data")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
