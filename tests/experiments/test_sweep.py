"""Sweeps, in a real project, by real `dvc exp run`."""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import psutil
import pytest
from tests.pipeline.conftest import Project, copy, wait_for
from typer.testing import CliRunner

from lookalike.cli import app
from lookalike.core.layout import Layout
from lookalike.experiments.process import MARK
from lookalike.experiments.result import SweepResult, result_of
from lookalike.experiments.sweep import run_sweep

from .conftest import write_sweep

COMMAND = (sys.executable, "-m", "lookalike", "sweep")


def sweep(project: Project, text: str, **environment: str) -> SweepResult:
    """Run a sweep to its end; what it has found."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return result_of(run_sweep(write_sweep(project, text), Layout(Path())))


def experiments(project: Project) -> dict[str, dict[str, object]]:
    """What `metrics/train.json` of each experiment holds that `dvc exp show` lists."""
    shown = json.loads(project.run("dvc", "exp", "show", "--json").stdout)
    return {
        revision["name"]: revision["data"]["metrics"]["metrics/train.json"]["data"]
        for baseline in shown
        for experiment in baseline["experiments"] or []
        for revision in experiment["revs"]
    }


def left_over(project: Project) -> dict[int, str]:
    """The command lines of the processes that the project's sweeps have started and that run."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK, "").startswith(f"{project.root}/"):
                found[process.pid] = " ".join(process.cmdline())
    return found


@pytest.fixture(scope="module")
def _swept(_small_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which a sweep of two trials has run."""
    project = copy(_small_project, tmp_path_factory.mktemp("swept") / "project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        sweep(project, "trials: 2")
    return project


@pytest.fixture
def swept(_swept: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(_swept.root)
    return _swept


@pytest.mark.full
def test_every_trial_is_an_experiment_that_dvc_lists(swept: Project) -> None:
    result = sweep(swept, "trials: 2")
    found = experiments(swept)
    assert {trial.experiments[0]: trial.value for trial in result.trials} == {
        name: metrics["valid_accuracy"] for name, metrics in found.items()
    }
    assert found.keys() == {"small-000", "small-001"}


@pytest.mark.full
def test_a_sweep_that_is_done_says_what_it_has_found(swept: Project, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["sweep", "small.yaml", "--html", str(page)])
    assert done.exit_code == 0, done.output
    best = sweep(swept, "trials: 2").best
    assert best is not None
    assert f"best: dvc exp run -S train.lr={best.parameters['train.lr']!r} -S" in done.stdout
    assert f"dvc exp apply {best.experiments[0]}\n" in done.stdout
    html = page.read_text()
    assert "Trials in their order" in html and "Metric by parameter" in html
    assert "Content-Security-Policy" in html and "://" not in html


def test_the_project_itself_is_left_as_it_was(swept: Project) -> None:
    assert swept.run("git", "status", "--porcelain").stdout == "?? small.yaml\n"
    assert swept.run("git", "stash", "list").stdout == ""


@pytest.mark.full
def test_a_trial_has_an_experiment_for_each_seed_and_their_mean(small_project: Project) -> None:
    result = sweep(small_project, "trials: 1\nseeds: [3, 5]")
    [trial] = result.trials
    assert trial.experiments == ["small-000-seed3", "small-000-seed5"]
    assert trial.measured[1] - trial.measured[0] == pytest.approx(0.002)
    assert trial.value == pytest.approx(sum(trial.measured) / 2)
    assert experiments(small_project).keys() == set(trial.experiments)


@pytest.mark.full
def test_workers_run_side_by_side_each_with_a_gpu_and_cores_of_its_own(
    small_project: Project,
) -> None:
    result = sweep(
        small_project,
        "trials: 4\nworkers: 2",
        CUDA_VISIBLE_DEVICES="6,7",
        STEP_SECONDS="0.5",
    )
    assert len(result.trials) == 4
    found = experiments(small_project).values()
    assert {metrics["gpus"] for metrics in found} == {"6", "7"}
    assert {metrics["cores"] for metrics in found} == {max(1, len(os.sched_getaffinity(0)) // 2)}


@pytest.mark.full
def test_an_experiment_that_fails_is_tried_again(small_project: Project, tmp_path: Path) -> None:
    result = sweep(small_project, "trials: 1\nretries: 1", FAIL_ONCE=str(tmp_path / "failed"))
    assert [trial.outcome for trial in result.trials] == ["complete"]


@pytest.mark.full
def test_a_sweep_gives_up_where_nothing_works_and_says_why(
    small_project: Project, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    small_project.path("train.py").write_text("raise SystemExit('out of order')")
    small_project.commit("break it")
    with one_line_error("3 trials in a row failed", "failed to reproduce 'train'", "small-002.log"):
        sweep(small_project, "trials: 5\nretries: 0")


@pytest.mark.full
def test_a_trial_that_is_worse_than_the_others_is_ended_early(small_project: Project) -> None:
    pruner = "pruner: {curve: metrics/train/curve.tsv, startup_trials: 1, warmup_steps: 1}"
    text = f"trials: 4\n{pruner}\nsampler: {{name: random, seed: 0}}"
    result = sweep(small_project, text, STEP_SECONDS="0.4")
    outcomes = {trial.number: trial.outcome for trial in result.trials}
    ended = [number for number, outcome in outcomes.items() if outcome == "ended early"]
    assert ended and len(ended) < 4
    assert experiments(small_project).keys() == {
        f"small-{number:03d}" for number in outcomes if number not in ended
    }
    assert left_over(small_project) == {}


@pytest.mark.full
def test_an_interrupted_sweep_ends_what_it_has_started_and_goes_on_later(
    small_project: Project,
) -> None:
    path = write_sweep(small_project, "trials: 2\nworkers: 2")
    small_project.environment["STEP_SECONDS"] = "30"
    process = small_project.start(*COMMAND, str(path))
    wait_for(lambda: len(trainings(small_project)) == 2)
    process.send_signal(signal.SIGINT)
    output = process.communicate()
    assert (process.returncode, output[1].splitlines()[-1]) == (
        130,
        "sweep: interrupted; the same command goes on",
    )
    assert left_over(small_project) == {}
    assert {trial.number for trial in sweep(small_project, "trials: 2").trials} == {0, 1}


@pytest.mark.full
@pytest.mark.parametrize("everything", [False, True], ids=["the sweep alone", "all its processes"])
def test_a_sweep_that_is_killed_twice_loses_no_trial_and_counts_none_twice(
    small_project: Project, everything: bool
) -> None:
    path = write_sweep(small_project, "trials: 20\nworkers: 2")
    small_project.environment["STEP_SECONDS"] = "0.1"
    for wanted in (4, 11):
        process = small_project.start(*COMMAND, str(path))
        wait_for(lambda wanted=wanted: len(names(small_project)) >= wanted)
        process.kill()
        process.communicate()
        if everything:
            for pid in left_over(small_project):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    before = names(small_project)
    done = small_project.run(*COMMAND, str(path), "--json")
    result = json.loads(done.stdout)
    assert sorted(trial["number"] for trial in result["trials"]) == list(range(20))
    assert {trial["outcome"] for trial in result["trials"]} == {"complete"}
    found = experiments(small_project)
    assert {trial["experiments"][0]: trial["value"] for trial in result["trials"]} == {
        name: metrics["valid_accuracy"] for name, metrics in found.items()
    }
    assert before <= found.keys()
    assert len(found) == 20
    assert left_over(small_project) == {}
    assert small_project.run("git", "status", "--porcelain").stdout == "?? small.yaml\n"


def trainings(project: Project) -> list[str]:
    """The stages that run."""
    return [line for line in left_over(project).values() if line == "python train.py"]


def names(project: Project) -> set[str]:
    """The names of the experiments that are in Git."""
    listed = project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").stdout
    return {line.rpartition("/")[2] for line in listed.splitlines()}
