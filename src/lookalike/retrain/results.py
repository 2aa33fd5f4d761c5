"""Which files of a project Git has that its pipeline writes."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.revisions.git import git
from lookalike.revisions.lock_file import LOCK
from lookalike.revisions.repository import open_repository


def tracked_results(project: Layout) -> list[str]:
    """`dvc.lock`, and the outputs that Git tracks instead of DVC; paths in the project."""
    with open_repository(project) as repo:
        root = Path(repo.root_dir)
        outs = [
            Path(out.fs_path).relative_to(root).as_posix()
            for out in repo.index.outs
            if not out.use_cache and out.is_in_repo and not repo.scm.is_ignored(out.fs_path)
        ]
    return sorted([str(LOCK), *outs])


def changes(project: Layout, *paths: str) -> list[str]:
    """What differs from the last commit, as `git status` says it, new files included.

    Args:
        project: the project.
        paths: where to look, as Git's pathspecs.
    """
    arguments = ("status", "--porcelain", "--untracked-files=all", "--", *paths)
    return git(project.root, *arguments).splitlines()


def check_clean(project: Layout, results: list[str]) -> None:
    """Raise LookalikeError where anything but results differs from the last commit.

    Results may: an earlier run that was killed has left them.
    """
    others = [f":(exclude){path}" for path in results]
    if found := changes(project, ".", *others):
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise LookalikeError(
            f"{found[0][3:]}{more}: not committed, so nobody could say what the new version is of; "
            "commit or stash it first"
        )
