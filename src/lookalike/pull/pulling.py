"""The folders that searching needs, each written whole; what is there already stays."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from lookalike.core.errors import DataError
from lookalike.core.files import atomic_folder, check_output_folder
from lookalike.core.layout import Layout
from lookalike.images.shards import SHARDS
from lookalike.index.storage import CONTENTS
from lookalike.pull.fingerprints import Fingerprints, fingerprints
from lookalike.pull.remote import Remote
from lookalike.revisions.lock_file import LOCK, locked_outputs
from lookalike.terminal.progress import say

EXPORTED = ("model.*",)


def pull_serving(
    remote: Remote, lock: bytes | str, name: str, project: Layout, images: bool = False
) -> Fingerprints:
    """Bring the export and the index that a `dvc.lock` names.

    Args:
        remote: where they are.
        lock: the content of `dvc.lock`.
        name: what to call it in an error.
        project: where to write them.
        images: bring the image store, too, so that originals can be asked for.

    Raises:
        LookalikeError: one of them is missing or broken, or cannot be written.
    """
    wanted = {project.export: EXPORTED, project.index: CONTENTS}
    if images:
        wanted[project.images] = (SHARDS,)
    for folder, contents in wanted.items():
        check_output_folder(folder, *contents)
    md5s = _locked(lock, name, [project.relative(folder) for folder in wanted])
    for folder, contents in wanted.items():
        files = remote.listing(md5s[project.relative(folder)])
        if _holds(folder, files):
            say(f"{folder}: is there already")
            continue
        with atomic_folder(folder, *contents) as partial:
            for file, md5 in sorted(files.items()):
                remote.fetch(md5, partial / file)
        say(f"{folder}: {len(files)} files")
    return fingerprints(project)


def _locked(lock: bytes | str, name: str, folders: Sequence[Path]) -> dict[Path, str]:
    """The md5 of each folder."""
    locked = locked_outputs(lock, name)
    for folder in folders:
        if not locked.get(folder, "").endswith(".dir"):
            raise DataError(f"{name}: has no {folder}; run dvc repro, and commit {LOCK}")
    return locked


def _holds(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether a folder holds these files and no others."""
    return folder.is_dir() and files == {
        path.name: _md5_of_file(path) for path in folder.iterdir() if path.is_file()
    }


def _md5_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
