"""The trials of a sweep, which survive whatever ends the process."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import optuna
import pytest

from lookalike.core.layout import Layout
from lookalike.experiments.dimension import Value
from lookalike.experiments.pipeline import Pipeline
from lookalike.experiments.plan import Plan
from lookalike.experiments.study import SweepStudy
from lookalike.experiments.sweep_file import Sweep

SPACE: dict[str, Any] = {
    "train.lr": {"log_range": [1e-5, 1e-1]},
    "train.epochs": {"integers": [1, 9]},
    "train.loss": {"choices": ["bce", "cosine", None]},
}
Begin = Callable[..., SweepStudy]


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Open the study of a sweep, as every start of it does: `begin(trials=3)`."""

    def open_study(name: str = "sweep", **content: Any) -> SweepStudy:
        sweep = Sweep.model_validate({"space": SPACE, **content})
        pipeline = Pipeline("train", frozenset(), (), tmp_path, {})
        return SweepStudy(Plan(name, sweep, Layout(tmp_path), pipeline, "0" * 40))

    return open_study


def results(study: SweepStudy, number: int) -> list[dict[str, Value]]:
    """Complete so many trials; their values."""
    found = []
    for _ in range(number):
        trial, values = study.next_trial()
        study.complete(trial, [float(str(values["train.lr"]))])
        found.append(values)
    return found


@pytest.mark.parametrize(("sampler", "parts"), [("tpe", (9, 2, 1)), ("random", (1, 1))])
def test_a_sweep_that_starts_again_tries_what_it_would_have_tried(
    begin: Begin, sampler: str, parts: tuple[int, ...]
) -> None:
    content = {"sampler": {"name": sampler, "seed": 3}}
    at_once = results(begin("at-once", **content), sum(parts))
    in_parts = [values for n in parts for values in results(begin("in-parts", **content), n)]
    assert in_parts == at_once


def test_another_seed_tries_something_else(begin: Begin) -> None:
    first, second = (results(begin(f"seed-{n}", sampler={"seed": n}), 2) for n in (0, 1))
    assert first != second


def test_a_trial_that_was_interrupted_is_run_again(begin: Begin) -> None:
    study = begin()
    results(study, 2)
    interrupted = [study.next_trial() for _ in range(2)]
    again = begin()
    assert again.results == 2
    for trial, values in interrupted:
        found, same = again.next_trial()
        assert (found.number, same) == (trial.number, values)
    assert again.next_trial()[0].number == 4


def test_a_trial_that_was_killed_while_it_got_its_values_gets_all_of_them(begin: Begin) -> None:
    begin().study.ask()
    trial, values = begin().next_trial()
    assert trial.number == 0
    assert values.keys() == SPACE.keys()


def test_what_failed_is_no_result(begin: Begin) -> None:
    study = begin()
    study.fail(study.next_trial()[0], "for no reason")
    results(study, 1)
    assert (study.results, len(study.trials)) == (1, 2)


def test_a_value_is_the_mean_over_the_seeds(begin: Begin) -> None:
    study = begin()
    assert study.complete(study.next_trial()[0], [0.5, 0.7, 0.9]) == pytest.approx(0.7)


def test_more_trials_may_be_wanted_but_no_other_ones(
    begin: Begin, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    begin(trials=3, workers=1)
    begin(trials=9, workers=2, retries=5)
    with one_line_error("sweep: this sweep was begun with another direction and seeds"):
        begin(direction="minimize", seeds=[1, 2])


def test_a_file_that_is_no_study_is_one_line(
    begin: Begin, tmp_path: Path, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    file = begin().plan.folder / "study.sqlite"
    file.write_bytes(b"no database" * 500)
    with one_line_error("study.sqlite: is not the file of a study", "move it away"):
        begin()


class TestPruning:
    """Four trials to compare with, whose curves go up to 4."""

    @pytest.fixture
    def study(self, begin: Begin) -> SweepStudy:
        study = begin(pruner={"startup_trials": 4, "warmup_steps": 2})
        for _ in range(4):
            trial, _ = study.next_trial()
            study.judge(trial, [(step, float(step)) for step in (1, 2, 3, 4)])
            study.complete(trial, [4.0])
        return study

    def test_what_is_worse_than_the_median_is_ended(self, study: SweepStudy) -> None:
        trial, _ = study.next_trial()
        study.judge(trial, [(1, 0.0)])  # a step to warm up
        with pytest.raises(optuna.TrialPruned):
            study.judge(trial, [(1, 0.0), (2, 1.0)])

    def test_what_is_better_goes_on(self, study: SweepStudy) -> None:
        trial, _ = study.next_trial()
        study.judge(trial, [(step, step + 1.0) for step in (1, 2, 3, 4)])

    def test_a_run_that_was_faster_than_the_look_at_it_is_judged_no_other(
        self, study: SweepStudy
    ) -> None:
        trial, _ = study.next_trial()
        with pytest.raises(optuna.TrialPruned):
            study.judge(trial, [(1, 1.0), (2, 0.0), (3, 9.0), (4, 9.0)])
        study.prune(trial)
        assert study.results == 5
