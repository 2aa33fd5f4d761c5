"""A sweep: trials, several at once, until there are as many results as are wanted."""

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

import optuna
from filelock import FileLock, Timeout

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams, read_params
from lookalike.experiments.curve import Judge
from lookalike.experiments.plan import Experiment, Plan, plan_sweep
from lookalike.experiments.process import end_leftovers, interruptible
from lookalike.experiments.run import RunFailedError, recorded, run_experiment
from lookalike.experiments.search_space import shown_settings
from lookalike.experiments.shares import Share, shares_of_machine
from lookalike.experiments.study import SweepStudy
from lookalike.terminal.progress import say

INTERVAL = 0.2
MOST_FAILURES = 3


def run_sweep(path: Path, project: Layout) -> SweepStudy:
    """Run what is left of a sweep: all of it, or what was not done when it was interrupted.

    Args:
        path: the sweep file.
        project: the project.

    Raises:
        LookalikeError: the file or the project is wrong, another process runs the sweep, or three
            trials in a row failed.
        KeyboardInterrupt: SIGINT or SIGTERM came; the next call goes on.
    """
    plan = plan_sweep(path, project)
    with _alone(plan):
        end_leftovers(str(plan.folder))
        study = SweepStudy(plan)
        say(
            f"{plan.name}: {study.results} of {plan.sweep.trials} results are there; experiments "
            f"start from commit {plan.commit[:8]}"
        )
        devices = read_params(MachineParams, "devices", path=project.params).devices
        with interruptible():
            _Pool(study, shares_of_machine(plan.sweep.workers, devices)).run()
        return study


class _Pool:
    """Workers, each with a trial that goes on step by step.

    The work is done by other processes; one thread looks after all of them.
    """

    def __init__(self, study: SweepStudy, shares: list[Share]) -> None:
        self.study, self.plan = study, study.plan
        self.free = shares
        self.running: dict[Share, Iterator[None]] = {}
        self.failures: list[str] = []

    def run(self) -> None:
        with ExitStack() as ending:
            while self._start(ending):
                for share, trial in list(self.running.items()):
                    if next(trial, self) is self:
                        del self.running[share]
                        self.free.append(share)
                time.sleep(INTERVAL)
        if len(self.failures) >= MOST_FAILURES:
            raise LookalikeError(f"{MOST_FAILURES} trials in a row failed; {self.failures[-1]}")

    def _start(self, ending: ExitStack) -> bool:
        """Let free workers start trials where some are wanted; whether any trial runs."""
        while (
            self.free
            and self.study.results + len(self.running) < self.plan.sweep.trials
            and len(self.failures) < MOST_FAILURES
        ):
            share = self.free.pop(0)
            self.running[share] = ending.enter_context(closing(self._trial(share)))
        return bool(self.running)

    def _trial(self, share: Share) -> Generator[None, None, None]:
        """Run a trial and record its result."""
        trial, values = self.study.next_trial()
        experiments = self.plan.experiments(trial.number, values)
        name = f"{self.plan.name}-{trial.number:03d}"
        judge = None if self.plan.sweep.pruner is None else partial(self.study.judge, trial)
        measured = []
        try:
            for experiment in experiments:
                commit = yield from self._commit(experiment, share, judge)
                measured.append(self.plan.metric_at(commit))
                judge = None  # the curve of the first seed decides
        except optuna.TrialPruned:
            self.study.prune(trial)
            self.failures.clear()
            outcome = "ended early"
        except (DataError, RunFailedError) as error:
            self.study.fail(trial, str(error))
            self.failures.append(str(error))
            outcome = f"failed: {error}"
        else:
            value = self.study.complete(trial, measured)
            self.failures.clear()
            outcome = f"{self.plan.sweep.objective.key} {value:.6g}"
        done = f"{self.study.results} of {self.plan.sweep.trials}"
        say(f"{name}: {outcome} with {shown_settings(values)} ({done})")

    def _commit(
        self, experiment: Experiment, share: Share, judge: Judge | None
    ) -> Generator[None, None, str]:
        """Run an experiment, unless it has been, with retries; the commit that it is."""
        failures = 0
        while (commit := recorded(experiment, self.plan)) is None:
            try:
                yield from run_experiment(experiment, self.plan, share, judge)
            except RunFailedError as error:
                failures += 1
                if failures > self.plan.sweep.retries:
                    raise
                say(f"{error}; it is tried again")
        return commit


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    """Hold the sweep's lock; the system frees it however the process ends."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(plan.folder / "lock", timeout=0):
            yield
    except Timeout:
        raise LookalikeError(f"{plan.name}: another process is running this sweep") from None
