"""What is wrong with a sweep shows before anything runs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.pipeline.conftest import REPOSITORY, Project

from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.params import read_yaml
from lookalike.experiments.plan import plan_sweep
from lookalike.experiments.search_space import check_space
from lookalike.experiments.sweep_file import read_sweep

from .conftest import write_sweep

OneLineError = Callable[..., AbstractContextManager[None]]
LR = "train.lr: {log_range: [0.001, 0.1]}"
ACCURACY = "metric: metrics/train.json:valid_accuracy\n"


def space(*lines: str) -> str:
    return "space:\n" + "".join(f"  {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (space("train.lrr: {range: [0.1, 0.2]}"), "did you mean train.lr?"),
        (space("train: {choices: [1, 2]}"), "train: there is no such parameter"),
        (space("train.lr: {range: [-1.0, 0.1]}"), "train.lr=-1 is not allowed"),
        (space("train.lr: {choices: [0.1, fast]}"), "train.lr=fast is not allowed"),
        (
            space(
                "train.sampling: {choices: [shuffled, pk]}", "train.batch_size: {integers: [4, 8]}"
            ),
            "train.sampling=pk, train.batch_size=4 is not allowed: train: batch_size = 4 does not",
        ),
        (space("serve.port: {integers: [8000, 8001]}"), "serve.port: no trial would differ"),
        (space(LR) + "metric: metrics/train.json", "metric: string should match"),
        (
            space(LR) + "metric: metrics/train.json:acuracy",
            "metrics/train.json: has no number acuracy",
        ),
        (space(LR) + "metric: metrics/none.json:a", "no stage of dvc.yaml writes this file"),
        (space(LR) + "metric: metrics/evaluate.json:accuracy", "is about the test images"),
        (space(LR) + "metric: metrics/evaluate/a.json:b", "is about the test images"),
        (space(LR) + "pruner: {curve: loss.tsv}", "loss.tsv: is no output of the stage train"),
        (space(LR) + "seeds: [1, 1]", "seeds should differ"),
        (space("base.seed: {integers: [0, 9]}") + "seeds: [1]", "base.seed is set by seeds"),
        (space(LR) + "trails: 3", "trails: extra inputs are not permitted"),
        (space(LR) + "workers: 0", "workers: input should be greater than or equal to 1"),
        ("trials: 3", "space: field required"),
        ("space: {}", "space: dictionary should have at least 1 item"),
        ("- a", "should hold blocks"),
    ],
)
def test_a_mistake_is_one_line(
    text: str, words: str, small_project: Project, one_line_error: OneLineError
) -> None:
    path = Path("mistake.yaml")
    path.write_text(text)
    with one_line_error("mistake.yaml: ", words, kind=ConfigError):
        plan_sweep(path, Layout(Path()))


def test_a_file_that_is_not_there_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("nowhere.yaml: cannot be read", kind=ConfigError):
        read_sweep(Path("nowhere.yaml"))


@pytest.mark.parametrize("name", ["a b.yaml", ".yaml", "-a.yaml", "a..b.yaml", "ä.yaml"])
def test_a_file_is_named_as_an_experiment_can_be(name: str, one_line_error: OneLineError) -> None:
    with one_line_error(name, "names its experiments", kind=ConfigError):
        read_sweep(Path(name))


def test_experiments_start_from_a_commit(
    small_project: Project, one_line_error: OneLineError
) -> None:
    path = write_sweep(small_project)
    head = small_project.commit("with the sweep")
    path.write_text(path.read_text() + "trials: 7")  # it may change from one start to the next
    assert plan_sweep(path, Layout(Path())).commit == head
    small_project.set_params(train__lr=0.2)
    with one_line_error("params.yaml: has changes that are not committed", kind=LookalikeError):
        plan_sweep(path, Layout(Path()))


def test_stages_after_the_metric_are_not_run(small_project: Project) -> None:
    assert plan_sweep(write_sweep(small_project), Layout(Path())).pipeline.stage == "train"


def test_a_metric_of_the_test_images_can_be_asked_for(small_project: Project) -> None:
    path = Path("test.yaml")
    path.write_text(space(LR) + "metric: metrics/evaluate.json:accuracy\nallow_test_metric: true\n")
    assert plan_sweep(path, Layout(Path())).pipeline.stage == "evaluate"


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "sweeps").glob("*.yaml")), ids=lambda p: p.name
)
def test_the_sweeps_of_the_project_go_with_its_parameters(path: Path) -> None:
    params = REPOSITORY / "params.yaml"
    check_space(read_sweep(path).space, read_yaml(params), params)


def test_of_very_many_combinations_those_that_are_not_allowed_are_found(
    small_project: Project, one_line_error: OneLineError
) -> None:
    factors = [f"train.{name}: {{range: [0.0, 0.5]}}" for name in ("l1", "l2", "weight_decay")]
    epochs = f"train.epochs: {{choices: {list(range(1, 200))}}}"  # not above warmup_epochs: 1.0
    path = Path("many.yaml")
    path.write_text(space(*factors, epochs))
    with one_line_error("train.epochs=1", "warmup_epochs", kind=ConfigError):
        plan_sweep(path, Layout(Path()))
