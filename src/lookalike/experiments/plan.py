"""A sweep that can start: its file agrees with the project, and the project is committed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lookalike.core.errors import ConfigError, DataError, LookalikeError
from lookalike.core.json_file import parse_json
from lookalike.core.layout import Layout
from lookalike.core.params import read_yaml
from lookalike.experiments.dimension import Value
from lookalike.experiments.pipeline import Pipeline, pipeline_for
from lookalike.experiments.search_space import check_space, value_at
from lookalike.experiments.sweep_file import SEED, Sweep, read_sweep
from lookalike.revisions.git import file_at, git


class Experiment(NamedTuple):
    """An experiment that DVC is to run.

    Attributes:
        name: what `dvc exp show` calls it.
        values: the parameters that it changes.
    """

    name: str
    values: dict[str, Value]


@dataclass(frozen=True)
class Plan:
    """What the trials of a sweep are made from.

    Attributes:
        name: of the sweep, that of its file.
        sweep: the content of its file.
        project: the project.
        pipeline: the stages that run.
        commit: the commit that every experiment starts from.
    """

    name: str
    sweep: Sweep
    project: Layout
    pipeline: Pipeline
    commit: str

    @property
    def folder(self) -> Path:
        """What is kept of the sweep beside its experiments: the study, logs, what runs now."""
        return self.project.root.resolve() / ".dvc/tmp/sweeps" / self.name / self.commit[:12]

    def experiments(self, number: int, values: Mapping[str, Value]) -> list[Experiment]:
        """The experiments of a trial: one for each seed."""
        name = f"{self.name}-{number:03d}"
        if not self.sweep.seeds:
            return [Experiment(name, dict(values))]
        return [
            Experiment(f"{name}-seed{seed}", {**values, SEED: seed}) for seed in self.sweep.seeds
        ]

    def metric_at(self, commit: str) -> float:
        """The metric of an experiment, or of any other commit.

        Raises:
            DataError: it has none, or it is no finite number.
        """
        path, key = self.sweep.objective
        try:
            value = value_at(parse_json(file_at(self.project.root, commit, path) or b""), key)
        except ValueError:
            raise DataError(f"{path}: is no JSON") from None
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        raise DataError(f"{path}: has no number {key}")


def plan_sweep(path: Path, project: Layout) -> Plan:
    """Check a sweep file against the project, before anything runs.

    Raises:
        LookalikeError: one of them is wrong, or the project has changes that are not committed.
    """
    sweep = read_sweep(path)
    try:
        check_space(sweep.space, read_yaml(project.params), project.params)
        pipeline = _pipeline(sweep, project)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    plan = Plan(path.stem, sweep, project, pipeline, _commit(path, project))
    if file_at(project.root, plan.commit, sweep.objective.path) is not None:
        try:
            plan.metric_at(plan.commit)
        except DataError as error:
            raise ConfigError(f"{path}: metric: {error}, as it is committed") from None
    return plan


def _pipeline(sweep: Sweep, project: Layout) -> Pipeline:
    metric = sweep.objective.path
    test = (project.metrics / "evaluate.json", project.evaluation)
    is_test = any(metric.is_relative_to(project.relative(place)) for place in test)
    if is_test and not sweep.allow_test_metric:
        raise ConfigError(
            f"metric: {metric} is about the test images, which could then no longer tell how good "
            "the best trial is: choose by metrics/train.json, or set allow_test_metric: true"
        )
    pipeline = pipeline_for(metric, project)
    for name in (*sweep.space, *([SEED] if sweep.seeds else [])):
        if not pipeline.reads(name):
            raise ConfigError(
                f"{name}: no trial would differ: neither the stage {pipeline.stage}, which writes "
                f"{metric}, nor one before it depends on this parameter"
            )
    for file in (metric, *([] if sweep.pruner is None else [Path(sweep.pruner.curve)])):
        if not pipeline.keeps_in_git(file):
            raise ConfigError(
                f"{file}: is no output of the stage {pipeline.stage}, or one before it, that is in "
                "Git (cache: false in dvc.yaml)"
            )
    return pipeline


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _commit(path: Path, project: Layout) -> str:
    """The commit that is checked out, where the project is as it has it."""
    others = [f":(exclude,literal){path.resolve()}"] if _is_inside(path, project.root) else []
    changed = git(project.root, "status", "--porcelain", "--untracked-files=no", "--", ".", *others)
    if changed:
        name = changed.splitlines()[0][3:]
        raise LookalikeError(
            f"{name}: has changes that are not committed; experiments start from a commit: commit "
            "them first, or put them away (git stash)"
        )
    return git(project.root, "rev-parse", "--verify", "HEAD").strip()
