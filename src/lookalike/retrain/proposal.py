"""A version that passed the gate, as a commit on a branch of its own; nothing leaves this clone."""

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.layout import Layout
from lookalike.retrain.results import changes
from lookalike.revisions.git import commit_of, git
from lookalike.revisions.gto_import import import_gto
from lookalike.revisions.lock_file import LOCK
from lookalike.revisions.registry import ARTIFACT, Registry, artifact_name

MESSAGE = "Retrain the model"


def commit_results(project: Layout, results: list[str], against: str) -> str | None:
    """Commit what the pipeline has written on a branch that is named by it, and go there.

    Args:
        project: the project.
        results: the files.
        against: what the gate compared with; the message says so.

    Returns:
        The branch; None: there is nothing to commit.

    Raises:
        LookalikeError: Git refuses, or the branch has commits of its own.
    """
    if not changes(project, *results):
        return None
    branch = f"retrain-{sha256_of_file(project.root / LOCK)[:12]}"
    _check_unused(project, branch)
    # Killed after any of these lines, the next run gets there again
    git(project.root, "add", "--", *results)
    git(project.root, "switch", "--quiet", "--force-create", branch)
    message = f"{MESSAGE}\n\nIt passes the gate against {against}."
    git(project.root, "commit", "--quiet", "--message", message, "--", *results)
    return branch


def register_version(project: Layout) -> str:
    """Register the last commit as the next version of the model, and give the version.

    A commit that is registered keeps its version. No stage is assigned.

    Raises:
        LookalikeError: GTO refuses.
    """
    commit = commit_of(project.root, "HEAD")
    registered = {at: version for version, at in Registry(project.root).versions.items()}
    if commit in registered:
        return registered[commit]
    gto = import_gto()
    try:
        gto.api.register(project.root, artifact_name(project.root), commit)
    except gto.exceptions.GTOException as error:
        raise LookalikeError(f"{ARTIFACT}: cannot be registered: {error}") from None
    found = Registry(project.root).versions.items()
    return next(version for version, at in found if at == commit)


def _check_unused(project: Layout, branch: str) -> None:
    try:
        there = commit_of(project.root, branch)
    except LookalikeError:
        return
    if there != commit_of(project.root, "HEAD"):
        raise LookalikeError(
            f"{branch}: these results have been proposed on this branch before; push it, or remove "
            f"it with git branch -D {branch}"
        )
