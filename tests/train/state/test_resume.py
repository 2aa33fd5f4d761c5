"""Stop a training anywhere, by force or by asking: the next run ends in the same bytes."""

import os
import resource
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from torch.nn.functional import cross_entropy

from lookalike.core.errors import LookalikeError
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model, build_network
from lookalike.model.compute import fix_compute
from lookalike.train.data import Subset, TrainingData, training_data
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.state.saving import Saving
from lookalike.train.state.state_file import read_state, write_state
from lookalike.train.training_run import TrainedModel, TrainingRun
from lookalike.train.validation import recall_at_1

OneLineError = Callable[..., AbstractContextManager[None]]

# A network with dropout, an optimizer with momentum, random crops: everything that is random.
PARAMS = TrainParams(
    backbone="cnn:2",
    embedding_dim=8,
    image_size=32,
    resize=32,
    epochs=3,
    batch_size=12,
)
STEPS = 3  # an epoch


class Result(NamedTuple):
    """Everything that a training leaves."""

    weights: dict[str, bytes]
    metrics: dict[str, object]
    log: dict[str, bytes]
    checkpoint: bytes


class Runs:
    """Trainings of one and the same run, in a folder of its own."""

    def __init__(self, folder: Path, data: TrainingData) -> None:
        self.folder, self.data = folder, data
        self.checkpoint = folder / "checkpoints" / "this.safetensors"

    def run(self, params: TrainParams = PARAMS, workers: int = 0) -> Result:
        trained = self.train(params, workers)
        return Result(
            {name: tensor.numpy().tobytes() for name, tensor in trained.weights.items()},
            trained.metrics,
            {
                str(path.relative_to(self.folder)): path.read_bytes()
                for path in sorted((self.folder / "log").rglob("*"))
                if path.is_file()
            },
            self.checkpoint.read_bytes(),
        )

    def signaled(
        self,
        number: signal.Signals,
        after: int,
        workers: int = 0,
        params: TrainParams = PARAMS,
    ) -> None:
        """Train in a process of its own, which gets a signal after so many steps."""

        def run() -> None:
            after_step = Saving.after_step
            steps = iter(range(1, 1000))

            def signal_self(saving: Saving) -> None:
                if next(steps) == after:
                    os.kill(os.getpid(), number)
                after_step(saving)

            Saving.after_step = signal_self  # type: ignore[method-assign]
            self.train(params, workers)

        process = get_context("fork").Process(target=run)
        process.start()
        process.join()
        assert process.exitcode != 0

    def train(self, params: TrainParams, workers: int = 0) -> TrainedModel:
        base = BaseParams(threads=1)
        fix_compute(base.threads, base.seed)
        file = CheckpointFile(self.checkpoint.parent, self.checkpoint.stem, every=2)
        resources = Resources(launch(MachineParams()), workers=workers)
        with training_log(self.folder / "log") as log, file:
            return TrainingRun(params, self.data, 0, resources, Records(log, file)).fit()


def read_position(path: Path) -> dict[str, int]:
    position: dict[str, int] = read_state(path)["position"]
    return position


@pytest.fixture(scope="module")
def data(tiny_split: Path, tiny_images: ImageStore) -> TrainingData:
    """42 images of three digits to learn from: three steps an epoch."""
    split = read_split(tiny_split, tiny_images)
    return training_data(tiny_images, [image for image in split if image.label in "012"])


@pytest.fixture
def runs(tmp_path: Path, tiny_images: ImageStore, data: TrainingData) -> Runs:
    return Runs(tmp_path, data)


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, tiny_images: ImageStore, data: TrainingData
) -> Result:
    return Runs(tmp_path_factory.mktemp("straight"), data).run()


def test_a_run_that_is_killed_again_and_again_ends_in_the_same_bytes(
    runs: Runs, uninterrupted: Result
) -> None:
    # Before the first checkpoint, mid-epoch, at an epoch's end, right after a checkpoint, later.
    for after in (1, 4, 2, 3, 3):
        runs.signaled(signal.SIGKILL, after)
    assert runs.run() == uninterrupted


@pytest.mark.parametrize(
    "recipe",
    [
        {
            "added_loss": "proxy_anchor",
            "sampling": "class_balanced",
            "ema_decay": 0.9,
            "schedule": "one_cycle",
            "freeze_epochs": 1,
            "head": "mlp",
            "head_dropout": 0.2,
            "gradient_clip": 1.0,
        },
        {"augment": "strong", "random_erasing": 0.5, "mixup": 0.2, "cutmix": 1.0},
        {"loss": "supcon", "sampling": "pk", "optimizer": "rmsprop", "patience": 1},
        {"augment": "none", "freeze_epochs": 2, "head": "mlp", "head_dropout": 0.2},
    ],
    ids=["with states", "with chance", "with pairs", "with kept features"],
)
@pytest.mark.full
def test_so_does_a_run_of_any_recipe(
    recipe: dict[str, object],
    runs: Runs,
    tmp_path_factory: pytest.TempPathFactory,
    tiny_images: ImageStore,
    data: TrainingData,
) -> None:
    params = PARAMS.model_copy(update=recipe)
    straight = Runs(tmp_path_factory.mktemp("straight"), data).run(params)
    for after in (1, 4, 2):
        runs.signaled(signal.SIGKILL, after, params=params)
    assert runs.run(params) == straight


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_loses_no_step(
    runs: Runs, uninterrupted: Result, number: signal.Signals
) -> None:
    for after in range(1, 4):  # not a multiple of checkpoint_every
        runs.signaled(number, 1)
        position = read_position(runs.checkpoint)
        assert (position["epoch"] - 1) * STEPS + position["step"] == after
    assert runs.run() == uninterrupted


def test_the_number_of_workers_may_change_on_the_way(runs: Runs, uninterrupted: Result) -> None:
    runs.signaled(signal.SIGKILL, 5, workers=2)
    assert runs.run() == uninterrupted


def test_a_run_that_had_ended_is_only_written_again(
    runs: Runs, uninterrupted: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.run()
    monkeypatch.delattr(Saving, "after_step")  # no step is taken
    assert runs.run() == uninterrupted


def test_where_the_disk_is_full_training_goes_on_and_the_older_checkpoint_stays(
    runs: Runs,
    uninterrupted: Result,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs.signaled(signal.SIGKILL, 3)
    whole, save = runs.checkpoint.read_bytes(), Saving.save

    def save_on_a_full_disk(saving: Saving) -> None:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) // 2, limits[1]))
        try:
            save(saving)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    with monkeypatch.context() as full:
        full.setattr(Saving, "save", save_on_a_full_disk)
        with pytest.raises(LookalikeError, match="cannot be written"):
            runs.run()  # the checkpoint at the end is part of the output
    assert capsys.readouterr().err.count("training goes on") == 3
    assert runs.checkpoint.read_bytes() == whole
    assert runs.run() == uninterrupted


@pytest.fixture
def ended(runs: Runs) -> Path:
    """The checkpoint of a training that has ended, kept elsewhere."""
    runs.run()
    return runs.checkpoint.rename(runs.folder / "kept.safetensors")


def more(ended: Path, **changes: object) -> TrainParams:
    return PARAMS.model_copy(update={"resume_from": str(ended), "epochs": 5, **changes})


def test_a_training_goes_on_from_one_that_has_ended_with_more_epochs(
    runs: Runs, ended: Path, uninterrupted: Result
) -> None:
    result = runs.run(more(ended))
    assert result.metrics["epochs"] == 5
    curve = "log/plots/metrics/train/loss.tsv"
    assert result.log[curve].startswith(uninterrupted.log[curve])
    assert len(result.log[curve].splitlines()) == 1 + 5


def test_the_rates_are_those_of_the_new_parameters_where_the_training_has_come_to(
    runs: Runs, ended: Path
) -> None:
    rates = runs.run(more(ended, lr=0.5)).log["log/plots/metrics/lr.tsv"].split()[3::2]
    runs.checkpoint.unlink()
    straight = runs.run(PARAMS.model_copy(update={"epochs": 5, "lr": 0.5}))
    assert rates[3:] == straight.log["log/plots/metrics/lr.tsv"].split()[3::2][3:]


def test_such_a_training_too_can_be_killed(runs: Runs, ended: Path) -> None:
    straight = runs.run(more(ended))
    runs.checkpoint.unlink()
    runs.signaled(signal.SIGKILL, 5, params=more(ended))
    assert runs.run(more(ended)) == straight


def test_a_training_that_has_all_epochs_already_is_one_line(
    runs: Runs, ended: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.resume_from", "has 3 epochs already", "train.epochs"):
        runs.run(more(ended, epochs=3))


def test_a_training_of_another_network_is_one_line(
    runs: Runs, ended: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.resume_from", "does not fit", "embedding.weight"):
        runs.run(more(ended, embedding_dim=16))


def test_a_checkpoint_without_a_part_that_is_needed_is_one_line(
    runs: Runs, ended: Path, one_line_error: OneLineError
) -> None:
    state = read_state(ended)
    del state["best"]
    write_state(ended, state)
    with one_line_error("train.resume_from", "does not fit", "best"):
        runs.run(more(ended))


def test_a_training_of_other_classes_is_refused_with_their_names(
    runs: Runs, ended: Path, one_line_error: OneLineError
) -> None:
    runs.data = runs.data._replace(classes=["0", "1", "9"])
    with one_line_error("of other classes: it does not know 9; the images have none of 2"):
        runs.run(more(ended))


def test_a_training_that_has_seen_what_is_held_out_now_is_refused(
    runs: Runs, ended: Path, one_line_error: OneLineError
) -> None:
    seen = sorted(runs.data.learned_from)[:7]
    runs.data = runs.data._replace(held_out=frozenset([*seen, "another image"]))
    with one_line_error("trained on 7 of the 8 validation and test images", "method: hashed"):
        runs.run(more(ended))


def test_with_other_validation_images_the_best_epoch_is_one_of_the_new_ones(
    runs: Runs, ended: Path, uninterrupted: Result
) -> None:
    few = Subset(runs.data.valid.rows[:-1], runs.data.valid.targets[:-1])
    assert runs.run(more(ended, lr=1e-9, warmup_epochs=0.0)).metrics["best_epoch"] in {1, 2, 3}
    runs.checkpoint.unlink()
    runs.data = runs.data._replace(valid=few)
    assert runs.run(more(ended, lr=1e-9, warmup_epochs=0.0)).metrics["best_epoch"] in {4, 5}


def test_the_metrics_of_validation_are_those_of_the_model_on_the_present_images(
    runs: Runs, ended: Path
) -> None:
    valid = Subset(runs.data.valid.rows[::2], runs.data.valid.targets[::2])
    runs.data = runs.data._replace(valid=valid)
    trained = runs.train(more(ended))
    network = build_network(trained.description)
    network.load_state_dict(trained.weights)
    output = Embedder(Model(trained.description, network), 32).outputs(runs.data.images, valid.rows)
    assert output.logits is not None
    targets = torch.tensor(valid.targets)
    assert trained.metrics["valid_images"] == len(valid.rows)
    assert {name: trained.metrics[f"valid_{name}"] for name in ("loss", "accuracy")} == {
        "loss": pytest.approx(float(cross_entropy(output.logits, targets)), abs=1e-4),
        "accuracy": float((output.logits.argmax(1) == targets).double().mean()),
    }
    assert trained.metrics["valid_recall_at_1"] == recall_at_1(output.embeddings, targets)


def test_what_a_training_has_learned_from_goes_on_with_it(runs: Runs, ended: Path) -> None:
    fewer = Subset(runs.data.train.rows[12:], runs.data.train.targets[12:])
    before = runs.data.learned_from
    runs.data = runs.data._replace(train=fewer)
    runs.run(more(ended))
    assert set(read_state(runs.checkpoint)["provenance"]["learned_from"]) == before


def with_nan(state: dict[str, Any]) -> None:
    state["network"]["classifier.bias"][0] = torch.nan


@pytest.mark.parametrize(
    "tamper",
    [
        lambda state: state["position"].update(epoch=-5),
        lambda state: state["position"].update(epoch=10**9),
        lambda state: state["position"].update(epoch="two"),
        lambda state: state["position"].update(step=1),
        lambda state: state.update(position=[]),
        lambda state: state.update(provenance={}),
        lambda state: state.update(provenance="none"),
        lambda state: state["best"].update(epoch={"number": 1, "metrics": {}}),
        lambda state: state["best"].update(epoch=7),
        lambda state: state["best"].update(weights={}),
        lambda state: state["log"].update(epochs=[{"number": 1}]),
        lambda state: state.update(log={}),
        lambda state: state["optimizer"].update(parameters={"nothing": {}}),
        lambda state: state["optimizer"]["parameters"]["classifier.bias"].pop("exp_avg"),
        lambda state: state["optimizer"].update(groups=[]),
        lambda state: state.update(network={}),
        with_nan,
    ],
)
def test_a_checkpoint_that_somebody_has_changed_is_one_line(
    tamper: Callable[[dict[str, Any]], None],
    runs: Runs,
    ended: Path,
    one_line_error: OneLineError,
) -> None:
    state = read_state(ended)
    tamper(state)
    write_state(ended, state)
    with one_line_error("train.resume_from", str(ended)):
        runs.run(more(ended))


def test_a_damaged_checkpoint_of_the_run_itself_is_one_line(
    runs: Runs, one_line_error: OneLineError
) -> None:
    runs.run()
    state = read_state(runs.checkpoint)
    with_nan(state)
    write_state(runs.checkpoint, state)
    with one_line_error(str(runs.checkpoint), "not finite", "remove it"):
        runs.run()


def test_two_equal_trainings_at_once_both_end_in_the_same_bytes(
    runs: Runs, uninterrupted: Result
) -> None:
    context = get_context("fork")

    def train(place: str) -> None:
        own = Runs(runs.folder / place, runs.data)
        own.checkpoint = runs.checkpoint
        assert own.run() == uninterrupted

    processes = [context.Process(target=train, args=(place,)) for place in ("one", "other")]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
