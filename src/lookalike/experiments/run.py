"""One experiment, run by `dvc exp run --temp` in a clone, and brought into the project."""

import sys
from collections.abc import Iterator
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.params import PARAMS
from lookalike.core.yaml_text import parse_yaml
from lookalike.experiments.curve import Judge, Watcher
from lookalike.experiments.dimension import override_text
from lookalike.experiments.plan import Experiment, Plan
from lookalike.experiments.process import MARK, started
from lookalike.experiments.search_space import value_at
from lookalike.experiments.shares import Share
from lookalike.experiments.workspace import workspace
from lookalike.revisions.git import EXPERIMENTS, file_at, git


class RunFailedError(LookalikeError):
    """`dvc exp run` failed; the text holds the last line that it printed."""


def recorded(experiment: Experiment, plan: Plan) -> str | None:
    """The commit of an experiment that has run, in this sweep or before; None: it has not.

    Raises:
        LookalikeError: one of that name has, with other parameters.
    """
    root = plan.project.root
    if (commit := _commit(root, _reference(experiment, plan))) is None:
        return None
    params = parse_yaml(file_at(root, commit, PARAMS) or b"")
    if any(value_at(params, name) != value for name, value in experiment.values.items()):
        raise LookalikeError(
            f"{experiment.name}: there is an experiment of this name with other parameters: remove "
            "it (dvc exp remove), or give the sweep file another name"
        )
    return commit


def run_experiment(
    experiment: Experiment, plan: Plan, share: Share, judge: Judge | None
) -> Iterator[None]:
    """Run an experiment, and yield again and again while it runs.

    Args:
        experiment: what to run.
        plan: the sweep.
        share: what it may use of the machine.
        judge: see `Watcher`; of a run that it ends, there is no experiment.

    Raises:
        RunFailedError: see there.
    """
    log = plan.folder / "logs" / f"{experiment.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    place = plan.folder / f"worker-{share.number}"
    with workspace(plan, place) as clone:
        watcher = Watcher(clone, plan, judge)
        command = _command(experiment, plan)
        with started(command, clone.project, log, share, _settings(plan, place)) as process:
            while process.poll() is None:
                watcher.look()
                yield
        reference = _reference(experiment, plan)
        commit = _commit(clone.folder, reference)
        if process.returncode or commit is None:
            raise RunFailedError(f"{experiment.name}: {_last_line(log)} ({log})")
        watcher.look_at(commit)
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
        git(plan.project.root, *fetch, str(clone.folder), f"{reference}:{reference}")


def _settings(plan: Plan, place: Path) -> dict[str, str]:
    """The environment of an experiment, beside that of this process."""
    return {
        MARK: str(plan.folder),
        "DVC_EXP_AUTO_PUSH": "false",  # the clone's remote is the project
        "DVC_SITE_CACHE_DIR": str(place / "site-cache"),  # goes with the clone
    }


def _reference(experiment: Experiment, plan: Plan) -> str:
    """Where Git keeps an experiment of DVC."""
    return f"{EXPERIMENTS}{plan.commit[:2]}/{plan.commit[2:]}/{experiment.name}"


def _commit(root: Path, reference: str) -> str | None:
    return git(root, "for-each-ref", "--format=%(objectname)", reference).strip() or None


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")


def _command(experiment: Experiment, plan: Plan) -> list[str]:
    overrides = (
        word
        for name, value in experiment.values.items()
        for word in ("-S", f"{name}={override_text(value)}")
    )
    run = [sys.executable, "-m", "dvc", "exp", "run", "--temp", "--allow-missing"]
    return [*run, "--name", experiment.name, *overrides, plan.pipeline.stage]
