"""The trials of a sweep, kept in a file that survives whatever ends the process."""

import json
from statistics import fmean
from typing import Any

import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import DatabaseError

from lookalike.core.errors import LookalikeError
from lookalike.core.seeds import seed_for
from lookalike.experiments.curve import Curve
from lookalike.experiments.dimension import Value
from lookalike.experiments.plan import Plan
from lookalike.experiments.sweep_file import Pruner

FILE = "study.sqlite"
SETTINGS = "settings"
MEASURED = "measured"
REASON = "reason"
# What may change from one start to the next: it changes no trial
FREE = {"trials", "workers", "retries", "allow_test_metric"}
RESULTS = (TrialState.COMPLETE, TrialState.PRUNED)


class SweepStudy:
    """An Optuna study in SQLite, of which a process that was killed loses nothing.

    A trial is there before it runs, with its values. One that was interrupted is run again, as the
    same trial; so none is lost, and none counts twice.

    Args:
        plan: the sweep.

    Raises:
        LookalikeError: the sweep was begun with other settings.
    """

    def __init__(self, plan: Plan) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        plan.folder.mkdir(parents=True, exist_ok=True)
        self.plan = plan
        try:
            self.study = optuna.create_study(
                storage=RDBStorage(f"sqlite:///{plan.folder / FILE}"),
                study_name=plan.name,
                direction=plan.sweep.direction,
                pruner=_pruner(plan.sweep.pruner),
                load_if_exists=True,
            )
        except DatabaseError:
            raise LookalikeError(
                f"{plan.folder / FILE}: is not the file of a study: move it away to begin anew"
            ) from None
        self._check_settings()
        self._interrupted = self._trials(TrialState.RUNNING)

    @property
    def results(self) -> int:
        """How many trials have a result: a value, or they were ended early."""
        return len(self._trials(*RESULTS))

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials that have ended, in their order."""
        return self._trials(*RESULTS, TrialState.FAIL)

    def next_trial(self) -> tuple[Trial, dict[str, Value]]:
        """A trial and its values: one that was interrupted, else a new one.

        The sampler starts anew for each of them, so what a trial gets follows from the results
        before it, and not from when the process was started.
        """
        left = self._interrupted.pop(0) if self._interrupted else None
        number = len(self.study.get_trials(deepcopy=False)) if left is None else left.number
        self.study.sampler = self._sampler(number)
        trial = self.study.ask() if left is None else Trial(self.study, left._trial_id)
        space = self.plan.sweep.space
        return trial, {name: dimension.suggest(trial, name) for name, dimension in space.items()}

    def judge(self, trial: Trial, curve: Curve) -> None:
        """Note how far a trial is, step by step.

        Raises:
            optuna.TrialPruned: it is to be ended.
        """
        known = self.study.get_trials(deepcopy=False)[trial.number].intermediate_values
        for step, value in curve:
            if step not in known:
                trial.report(value, step)
                if trial.should_prune():
                    raise optuna.TrialPruned

    def complete(self, trial: Trial, measured: list[float]) -> float:
        """Record what a trial's experiments measured, and return its value, the mean."""
        trial.set_user_attr(MEASURED, measured)
        self.study.tell(trial, value := fmean(measured))
        return value

    def prune(self, trial: Trial) -> None:
        """Record that a trial was ended early."""
        self.study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial, reason: str) -> None:
        """Record why a trial has no result."""
        trial.set_user_attr(REASON, reason)
        self.study.tell(trial, state=TrialState.FAIL)

    def _trials(self, *states: TrialState) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states)

    def _sampler(self, number: int) -> BaseSampler:
        sampler = self.plan.sweep.sampler
        seed = seed_for(sampler.seed, number) % 2**32
        if sampler.name == "random":
            return RandomSampler(seed)
        # What runs beside it counts as bad, so that two workers do not try the same
        return TPESampler(seed=seed, constant_liar=True)

    def _check_settings(self) -> None:
        now: dict[str, Any] = self.plan.sweep.model_dump(mode="json", exclude=FREE)
        before = json.loads(self.study.user_attrs.get(SETTINGS, "null"))
        if before is None:
            self.study.set_user_attr(SETTINGS, json.dumps(now))
        elif changed := [name for name in now if now[name] != before.get(name)]:
            raise LookalikeError(
                f"{self.plan.name}: this sweep was begun with another {' and '.join(changed)}: "
                "undo that, or give the sweep file another name"
            )


def _pruner(pruner: Pruner | None) -> BasePruner:
    if pruner is None:
        return NopPruner()
    if pruner.name == "median":
        return MedianPruner(pruner.startup_trials, pruner.warmup_steps)
    return SuccessiveHalvingPruner(1, pruner.reduction_factor)
