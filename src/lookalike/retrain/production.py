"""What a new version is compared with: the one that is in production."""

from pathlib import Path

from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.revisions.git import base_branch, fetch
from lookalike.revisions.registry import Registry, resolve
from lookalike.terminal.progress import say

PRODUCTION = "production"


def open_production(project: Layout, name: str | None) -> Snapshot:
    """The version to compare with.

    Args:
        project: the project.
        name: a stage or version of the registry, or a Git revision; None: the stage `production`,
            and where no version is in it, the base branch.

    Raises:
        LookalikeError: there is no such version.
    """
    try:
        fetch(project.root)
    except LookalikeError as error:
        say(f"{error}; the tags that are here count")
    revision = resolve(project.root, name or _production_or_base(project.root))
    snapshot = Snapshot(project, revision.commit)
    snapshot.name = str(revision)
    return snapshot


def _production_or_base(root: Path) -> str:
    if Registry(root).stages.get(PRODUCTION):
        return PRODUCTION
    base = base_branch(root)
    say(f"no version is in the stage {PRODUCTION}: compared with {base}")
    return base
