"""Which code and which data a project's last run is of."""

from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import read_object
from lookalike.core.layout import Layout
from lookalike.revisions.git import git
from lookalike.revisions.lock_file import LOCK, lock_bytes, locked_outputs


class Provenance(NamedTuple):
    """Where a run comes from; None: unknown.

    Attributes:
        commit: the one that is checked out.
        uncommitted: whether tracked files differ from it, as they do while the pipeline runs.
        lock_sha256: of `dvc.lock`.
        data_md5: DVC's hash of the ingested images.
        split_sha256: of the split file.
    """

    commit: str | None
    uncommitted: bool | None
    lock_sha256: str | None
    data_md5: str | None
    split_sha256: str | None


def provenance(project: Layout) -> Provenance:
    """The provenance of what lies in a project."""
    lock = project.root / LOCK
    outputs = locked_outputs(lock_bytes(lock), str(lock)) if lock.is_file() else {}
    data = outputs.get(project.relative(project.images))
    commit, uncommitted = None, None
    with suppress(LookalikeError):  # no repository, or nothing is committed
        commit = git(project.root, "rev-parse", "--verify", "HEAD").strip()
        uncommitted = bool(git(project.root, "status", "--porcelain", "--untracked-files=no"))
    return Provenance(
        commit,
        uncommitted,
        sha256_of_file(lock) if lock.is_file() else None,
        None if data is None else data.removesuffix(".dir"),
        read_metrics(project, "split").get("sha256"),
    )


def source_name(source: str) -> str:
    """A short name for the data set of `ingest.source`: the last part of its path, or `images`."""
    return PurePosixPath(source.partition("?")[0]).name or "images"


def read_metrics(project: Layout, stage: str) -> dict[str, Any]:
    """The metrics file of a stage; empty where it has not run."""
    path = project.metrics / f"{stage}.json"
    return read_object(path) if path.is_file() else {}
