"""What a sweep has found."""

import shlex
import warnings
from dataclasses import asdict, dataclass, field
from typing import Any

from optuna.exceptions import ExperimentalWarning
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from lookalike.core.errors import DataError
from lookalike.experiments.dimension import Value, override_text
from lookalike.experiments.study import MEASURED, REASON, SweepStudy

OUTCOMES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "ended early",
    TrialState.FAIL: "failed",
}
# With fewer, a random forest has nothing to learn from
LEAST_FOR_IMPORTANCE = 5


@dataclass(frozen=True)
class TrialResult:
    """A trial that has ended.

    Attributes:
        number: from 0.
        outcome: `complete`, `ended early` or `failed`.
        value: the metric, the mean over the seeds; None where it is not complete.
        measured: the metric of each seed.
        parameters: what the trial changed.
        experiments: the names of its experiments, one for each seed; none where not complete.
        reason: why it failed.
    """

    number: int
    outcome: str
    value: float | None
    measured: list[float]
    parameters: dict[str, Value]
    experiments: list[str]
    reason: str | None


@dataclass(frozen=True)
class SweepResult:
    """The trials of a sweep, the best first, and what follows from them.

    Attributes:
        name: of the sweep.
        commit: that the experiments start from.
        metric: what was compared.
        direction: `maximize` or `minimize`.
        before: the metric of the commit; None where it holds none.
        trials: the complete ones by value, then those that were ended early and those that failed.
        importance: the share of each parameter in how much the metric varies (fANOVA: Hutter et
            al. 2014, An Efficient Approach for Assessing Hyperparameter Importance); empty where
            trials are too few.
    """

    name: str
    commit: str
    metric: str
    direction: str
    before: float | None
    trials: list[TrialResult]
    importance: dict[str, float] = field(default_factory=dict)

    @property
    def best(self) -> TrialResult | None:
        """The best trial; None where none is complete."""
        return next((trial for trial in self.trials if trial.outcome == "complete"), None)

    @property
    def best_command(self) -> str | None:
        """The command that runs the pipeline with the best parameters."""
        if self.best is None:
            return None
        settings = (f"{name}={override_text(v)}" for name, v in self.best.parameters.items())
        return "dvc exp run " + " ".join(f"-S {shlex.quote(setting)}" for setting in settings)

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        best = None if self.best is None else self.best.number
        return asdict(self) | {"best": best, "best_command": self.best_command}


def result_of(study: SweepStudy) -> SweepResult:
    """What a sweep has found so far."""
    plan = study.plan
    try:
        before = plan.metric_at(plan.commit)
    except DataError:
        before = None
    sign = -1 if plan.sweep.direction == "maximize" else 1
    order = list(OUTCOMES.values())
    trials = sorted(
        (_trial_result(trial, study) for trial in study.trials),
        key=lambda trial: (order.index(trial.outcome), sign * (trial.value or 0), trial.number),
    )
    return SweepResult(
        plan.name,
        plan.commit,
        plan.sweep.metric,
        plan.sweep.direction,
        before,
        trials,
        _importance(study),
    )


def _trial_result(trial: FrozenTrial, study: SweepStudy) -> TrialResult:
    is_complete = trial.state == TrialState.COMPLETE
    experiments = study.plan.experiments(trial.number, trial.params)
    return TrialResult(
        number=trial.number,
        outcome=OUTCOMES[trial.state],
        value=trial.value if is_complete else None,
        measured=trial.user_attrs.get(MEASURED, []),
        parameters={name: trial.params[name] for name in study.plan.sweep.space},
        experiments=[experiment.name for experiment in experiments] if is_complete else [],
        reason=trial.user_attrs.get(REASON),
    )


def _importance(study: SweepStudy) -> dict[str, float]:
    values = [trial.value for trial in study.trials if trial.state == TrialState.COMPLETE]
    if len(values) < LEAST_FOR_IMPORTANCE or len(set(values)) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        evaluator = FanovaImportanceEvaluator(seed=0)
        return get_param_importances(study.study, evaluator=evaluator)
