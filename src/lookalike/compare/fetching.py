"""The few small files that a comparison shows, from the DVC remote into the cache."""

from collections.abc import Iterable

from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets
from lookalike.index.storage import METADATA, THUMBNAILS


def fetch_small_files(snapshots: Iterable[Snapshot]) -> None:
    """Fetch split, thumbnails and metadata of revisions where they are not here: never images.

    Raises:
        LookalikeError: the remote cannot be reached, or does not have them.
    """
    for snapshot in snapshots:
        project = snapshot.project
        wanted = (project.split, project.index / METADATA, project.index / THUMBNAILS)
        missing = [path for path in wanted if snapshot.output(path) is None]
        if missing:
            _fetch(snapshot, [str(project.relative(path)) for path in missing])


def _fetch(snapshot: Snapshot, targets: list[str]) -> None:
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    revisions = None if snapshot.commit is None else [snapshot.commit]
    try:
        with Repo(str(snapshot.project.root.absolute())) as repo:
            repo.fetch(targets=targets, revs=revisions, workspace=revisions is None)
    except (DvcException, OSError) as error:
        reason = without_secrets(" ".join(str(error).split()))[:300]
        raise LookalikeError(f"{snapshot.name}: cannot be fetched: {reason}") from None
