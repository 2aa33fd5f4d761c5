"""A clone of the project in which one experiment is run, and nothing else.

`dvc exp run` puts what is not committed aside (git stash), writes parameters into `params.yaml` and
takes both back, before it copies what it found to a temporary folder; of two that start at once,
one may run the experiment of the other. In a clone of its own neither a killed run nor a second one
can touch the project, and files that are edited meanwhile change no trial.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from dvc.config import Config

from lookalike.core.errors import LookalikeError
from lookalike.experiments.plan import Plan
from lookalike.revisions.git import git

IDENTITY = ("user.name", "user.email")


class Workspace(NamedTuple):
    """A clone.

    Attributes:
        folder: of the clone.
        project: the project's folder in it; another one where `dvc.yaml` is not at Git's top.
    """

    folder: Path
    project: Path

    def running(self, path: Path) -> bytes | None:
        """A file as the experiment that runs in the clone has it; None while it is not there.

        Args:
            path: relative to the project's folder.
        """
        within = self.project.relative_to(self.folder) / path
        for folder in self.project.glob(".dvc/tmp/exps/standalone/tmp*"):
            with suppress(FileNotFoundError):
                return (folder / within).read_bytes()
        return None


@contextmanager
def workspace(plan: Plan, folder: Path) -> Iterator[Workspace]:
    """A clone, at the plan's commit, in `folder`; it is removed at the end.

    It borrows Git's objects from the project, and shares DVC's cache and `.cache` with it.

    Args:
        plan: what is run.
        folder: where to; what a killed run left there is replaced.
    """
    root = plan.project.root
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    top, prefix = (
        git(root, "rev-parse", option).strip() for option in ("--show-toplevel", "--show-prefix")
    )
    try:
        git(root, "clone", "--quiet", "--shared", "--no-checkout", top, str(folder))
        for name in IDENTITY:
            if value := _configured(root, name):
                git(folder, "config", name, value)
        git(folder, "checkout", "--quiet", "--detach", plan.commit)
        clone = folder / prefix
        with Config(str(clone / ".dvc"), str(clone / ".dvc")).edit("local") as local:
            local |= plan.pipeline.local_config
            local["cache"] = local.get("cache", {}) | {"dir": str(plan.pipeline.cache)}
        plan.project.cache.mkdir(exist_ok=True)
        (clone / ".cache").symlink_to(plan.project.cache.resolve())
        yield Workspace(folder, clone)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configured(root: Path, name: str) -> str | None:
    """A setting of Git; None where there is none."""
    try:
        return git(root, "config", "--get", name).rstrip("\n")
    except LookalikeError:
        return None
