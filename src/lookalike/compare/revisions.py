"""The two sides of a comparison, as people name them."""

from lookalike.compare.fetching import fetch_small_files
from lookalike.compare.snapshot import WORKSPACE, Snapshot
from lookalike.core.layout import Layout
from lookalike.revisions.git import base_branch


def open_revisions(
    project: Layout, before: str | None, after: str | None, pull: bool = False
) -> tuple[Snapshot, Snapshot]:
    """Open both sides.

    Args:
        project: the project.
        before: a revision or experiment; None: the base branch.
        after: another one; None: the workspace.
        pull: fetch the split and thumbnails that are not here.

    Raises:
        LookalikeError: a revision does not exist, or cannot be fetched.
    """
    sides = (
        Snapshot(project, base_branch(project.root) if before is None else before),
        Snapshot(project, WORKSPACE if after is None else after),
    )
    if pull:
        fetch_small_files(sides)
    return sides
