"""What Git knows of a project's revisions; nothing is ever checked out."""

import os
import subprocess
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets

EXPERIMENTS = "refs/exps/"
# Below it: what DVC is doing at the moment
INTERNAL = ("exec/", "stash", "celery/", "running/", "tempdir")
BRANCHES = ("main", "master")
REMOTE = "origin"
SECONDS = 60.0  # then a server is taken for dead


def commit_of(root: Path, name: str) -> str:
    """The commit that a branch, a tag, a hash or a DVC experiment names.

    Raises:
        LookalikeError: there is none, or there are several experiments of that name.
    """
    if (found := _commit(root, name)) is not None:
        return found
    experiments = [
        reference
        for reference in git(root, "for-each-ref", "--format=%(refname)", EXPERIMENTS).splitlines()
        if not reference.removeprefix(EXPERIMENTS).startswith(INTERNAL)
        and reference.rpartition("/")[2] == name
    ]
    if len(experiments) > 1:
        raise LookalikeError(
            f"{name}: {len(experiments)} experiments have this name; give the hash that "
            "'dvc exp show' prints"
        )
    if not experiments or (found := _commit(root, experiments[0])) is None:
        raise LookalikeError(f"{name}: no revision or experiment of this name; fetch it first")
    return found


def base_branch(root: Path) -> str:
    """The branch that changes go to: the remote's default branch, else main or master.

    Raises:
        LookalikeError: there is no such branch.
    """
    default = _try_git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = [default.strip()] if default else []
    for name in (*names, *(f"origin/{branch}" for branch in BRANCHES), *BRANCHES):
        if _commit(root, name) is not None:
            return name
    raise LookalikeError(f"{root.absolute()}: no branch main here; name the revision to compare to")


def file_at(root: Path, commit: str, path: Path) -> bytes | None:
    """A file of a commit; None where the commit has none.

    Args:
        root: the project's folder.
        commit: its hash.
        path: relative to the project's folder.
    """
    done = _run(root, "cat-file", "blob", f"{commit}:./{path.as_posix()}")
    return done.stdout if done.returncode == 0 else None


def git(root: Path, *arguments: str) -> str:
    """What Git prints, read as Python reads names of files: what is not UTF-8 stays the same name.

    Raises:
        LookalikeError: it fails; the line is Git's first one.
    """
    done = _run(root, *arguments)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise LookalikeError(f"git {arguments[0]}: {without_secrets((lines or ['failed'])[0])}")
    return os.fsdecode(done.stdout)


def fetch(root: Path) -> None:
    """Bring commits and tags of the remote `origin`, if there is one; no branch here moves.

    Raises:
        LookalikeError: it cannot be reached within a minute.
    """
    if _try_git(root, "remote", "get-url", REMOTE) is not None:
        git(root, "fetch", "--quiet", "--tags", REMOTE)


def _commit(root: Path, name: str) -> str | None:
    found = _try_git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    return found.strip() if found else None


def _try_git(root: Path, *arguments: str) -> str | None:
    done = _run(root, *arguments)
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            env=os.environ | {"GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except OSError as error:
        raise LookalikeError(f"git: cannot be started ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise LookalikeError(f"git {arguments[0]}: no answer within {SECONDS:.0f} s") from None
