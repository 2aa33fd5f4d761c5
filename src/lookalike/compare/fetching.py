"""The few small files that a comparison shows, from the DVC remote into the cache."""

from collections.abc import Iterable

from lookalike.compare.snapshot import Snapshot
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
            _fetch(snapshot, [str(path) for path in missing])


def _fetch(snapshot: Snapshot, targets: list[str]) -> None:
    from lookalike.revisions.repository import open_repository  # takes a second

    revisions = None if snapshot.commit is None else [snapshot.commit]
    with open_repository(snapshot.project, f"{snapshot.name}: cannot be fetched") as repo:
        repo.fetch(targets=targets, revs=revisions, workspace=revisions is None)
