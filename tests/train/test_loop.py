"""The training loop."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR

from lookalike.images.batches import Item, SharedBatches, ShuffledBatches
from lookalike.images.loading import Batch
from lookalike.model.network import EmbeddingNetwork, Output
from lookalike.train.batches import Batches
from lookalike.train.loop import Run, fit, train_one_epoch
from lookalike.train.params import TrainParams
from lookalike.train.recipe.recipe import Recipe
from lookalike.train.state.epoch import BestEpoch, Epoch
from lookalike.train.state.interruption import Interruption
from lookalike.train.state.position import Position
from lookalike.train.state.saving import Saving
from lookalike.train.step import Trainer, take_step
from lookalike.train.timings import Timings

OneLineError = Callable[..., AbstractContextManager[None]]

GENERATOR = torch.Generator().manual_seed(0)
POINTS = torch.randn(24, 2, generator=GENERATOR)
SUBSETS = (POINTS[:, 0] > 0).long()


class Line(EmbeddingNetwork):
    """Tells points on the left of a line from those on the right."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.backbone, self.dropout, self.dimension = nn.Identity(), nn.Dropout(0.0), 2
        self.classifier = nn.Linear(2, 2)

    def forward(self, points: Tensor) -> Output:
        return Output(points, self.classifier(points))


class Greedy(Line):
    """Asks for more memory than any machine has."""

    def forward(self, points: Tensor) -> Output:
        torch.empty(2**60, dtype=torch.uint8)
        return super().forward(points)


class Scripted(Line):
    """After its n-th epoch (of one batch) it gives the n-th of some logits to whatever it sees."""

    seen: Tensor

    def __init__(self, script: list[list[list[float]]]) -> None:
        super().__init__()
        self.script = script
        self.weight = nn.Parameter(torch.zeros(()))
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, images: Tensor) -> Output:
        if self.training:
            self.seen += 1
            return Output(images, self.weight.expand(len(images), 2))
        return Output(images, torch.tensor(self.script[int(self.seen) - 1]))


class Images:
    """Training images of which the loop asks the ids alone."""

    def ids(self, items: Iterable[Item]) -> list[str]:
        return [f"image-{position}" for _, position in items]


IMAGES: Any = Images()
NOT_SAVED: Any = None


def trainer_of(network: Line, lr: float = 0.5, **values: Any) -> Trainer:
    fabric = Fabric(devices=1, accelerator="cpu")
    optimizer = SGD(network.parameters(), lr=lr)
    wrapped, optimizer = fabric.setup(network, optimizer)
    schedule = LambdaLR(optimizer, lambda step: 1.0)
    params = TrainParams(epochs=1, warmup_epochs=0.0, **values)
    recipe = Recipe(network, params, 2, seed=0)
    return Trainer(fabric, wrapped, recipe, optimizer, schedule, seed=0)


def batches_of(size: int, spread: float = 1.0) -> list[Batch]:
    return list(zip((POINTS * spread).split(size), SUBSETS.split(size), strict=True))


def order_of(length: int, batch: int, accumulation: int = 1) -> SharedBatches:
    return SharedBatches(ShuffledBatches(length, batch, seed=0), accumulation)


def run_of(
    trainer: Trainer,
    position: Position | None = None,
    reported: list[Epoch] | None = None,
    monitor: str = "accuracy",
    patience: int | None = None,
) -> Run:
    """A run that is not saved; from its start, where no position is given."""
    saving = Saving(trainer.fabric, NOT_SAVED, None, Interruption(), Timings())
    report = [].append if reported is None else reported.append
    return Run(position or Position(), BestEpoch(monitor, patience), report, saving, Timings())


def run(
    trainer: Trainer, batches: Batches, epochs: int, **chosen: Any
) -> tuple[BestEpoch, list[Epoch]]:
    """Fit from the start; the best epoch and what was reported."""
    reported: list[Epoch] = []
    run = run_of(trainer, reported=reported, **chosen)
    fit(trainer, batches, run, epochs)
    return run.best, reported


def fit_line(
    epochs: int, lr: float = 0.5, batch: int = 8, spread: float = 1.0
) -> tuple[BestEpoch, list[Epoch]]:
    train, valid = batches_of(batch, spread), batches_of(24, spread)
    return run(trainer_of(Line(), lr), Batches(train, order_of(24, batch), valid, IMAGES), epochs)


def fit_script(*epochs: list[list[float]], monitor: str = "accuracy") -> tuple[int, int]:
    """Fit against validation logits for two images of class 0.

    Returns:
        The number of the best epoch, and of that which the weights are from.
    """
    batch = (torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64))
    trainer = trainer_of(Scripted(list(epochs)))
    batches = Batches([batch], order_of(2, 2), [batch], IMAGES)
    best, _ = run(trainer, batches, len(epochs), monitor=monitor)
    assert best.epoch is not None
    return best.epoch.number, int(best.weights["seen"])


RIGHT, BARELY, WRONG = [3.0, 0.0], [0.1, 0.0], [0.0, 3.0]


def test_the_epoch_with_the_best_accuracy_wins_even_at_a_worse_loss() -> None:
    assert fit_script([RIGHT, [0.0, 0.1]], [BARELY, BARELY], [WRONG, WRONG]) == (2, 2)


def test_at_equal_accuracy_the_lower_loss_wins() -> None:
    assert fit_script([BARELY, BARELY], [RIGHT, RIGHT], [BARELY, RIGHT]) == (2, 2)


def test_of_equal_epochs_the_first_wins() -> None:
    assert fit_script([RIGHT, RIGHT], [RIGHT, RIGHT]) == (1, 1)


def test_the_epoch_with_the_lowest_loss_wins_where_that_is_asked_for() -> None:
    assert fit_script([[3.0, 0.0], [0.0, 0.1]], [BARELY, BARELY], monitor="loss") == (1, 1)


def test_training_stops_where_no_epoch_has_been_better_for_so_long() -> None:
    scripted = Scripted([[BARELY, BARELY], [RIGHT, RIGHT], *[[BARELY, BARELY]] * 4])
    batch = (torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64))
    batches = Batches([batch], order_of(2, 2), [batch], IMAGES)
    best, seen = run(trainer_of(scripted), batches, 6, patience=2)
    assert best.epoch is not None
    assert best.epoch.number == 2
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]


def test_a_run_whose_patience_was_at_its_end_does_not_go_on() -> None:
    trainer, reported = trainer_of(Line()), []
    stopped = run_of(trainer, Position(epoch=4), reported, patience=2)
    stopped.best.epoch = Epoch(1, {"valid/accuracy": 1.0, "valid/loss": 0.0})
    fit(trainer, Batches(batches_of(8), order_of(24, 8), batches_of(24), IMAGES), stopped, 9)
    assert reported == []


def test_clipping_bounds_a_step() -> None:
    def moved(clip: float | None) -> float:
        network = Line()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
        trainer = trainer_of(network, lr=1.0, gradient_clip=clip)
        take_step(trainer, batches_of(24), order_of(24, 24), Position())
        return float(torch.cat([p.detach().flatten() for p in network.parameters()]).norm())

    assert moved(0.01) == pytest.approx(0.01, rel=1e-3)
    assert moved(None) > 0.1


def test_the_average_of_the_weights_is_what_is_kept() -> None:
    network = Line()
    trainer = trainer_of(network, ema_decay=0.9)
    best, _ = run(trainer, Batches(batches_of(8), order_of(24, 8), batches_of(24), IMAGES), 1)
    assert trainer.recipe.ema is not None
    assert int(trainer.recipe.ema.n_averaged) == 3
    assert torch.equal(best.weights["classifier.bias"], trainer.recipe.ema.module.classifier.bias)
    assert not torch.equal(best.weights["classifier.bias"], network.classifier.bias)


def test_training_learns() -> None:
    best, epochs = fit_line(epochs=20)
    assert epochs[-1].metrics["train/loss"] < epochs[0].metrics["train/loss"]
    assert best.epoch is not None
    assert best.epoch.metrics["valid/accuracy"] > 0.9


def test_every_epoch_is_reported_in_turn_with_its_metrics() -> None:
    _, epochs = fit_line(epochs=3, lr=0.25)
    assert [(epoch.number, epoch.metrics["lr"]) for epoch in epochs] == [
        (1, 0.25),
        (2, 0.25),
        (3, 0.25),
    ]
    assert list(epochs[0].metrics) == [
        "train/loss",
        "train/accuracy",
        "train/gradient_norm",
        "valid/loss",
        "valid/accuracy",
        "valid/macro_auroc",
        "valid/recall_at_1",
        "lr",
    ]


class Watched:
    """Training batches that note what their sampler was told: the epoch, the first batch."""

    def __init__(self, order: SharedBatches) -> None:
        self.order = order
        self.told: list[tuple[int, int]] = []

    def __iter__(self) -> Iterator[Batch]:
        batches: Any = self.order.batches
        self.told.append((batches.epoch, self.order.first))
        return iter(batches_of(8)[self.order.first :])


def test_the_sampler_is_told_every_epoch() -> None:
    order = order_of(24, 8)
    train = Watched(order)
    run(trainer_of(Line()), Batches(train, order, batches_of(24), IMAGES), 3)
    assert train.told == [(1, 0), (2, 0), (3, 0)]


def test_a_run_that_goes_on_begins_with_the_step_after_the_last_one() -> None:
    trainer, order, position = trainer_of(Line()), order_of(24, 8), Position(epoch=2, step=2)
    position.images = 16
    train = Watched(order)
    fit(trainer, Batches(train, order, batches_of(24), IMAGES), run_of(trainer, position), 3)
    assert train.told == [(2, 2), (3, 0)]
    assert trainer.schedule.last_epoch == 1 + 3


def test_a_loss_that_is_no_number_is_one_line_with_its_images(one_line_error: OneLineError) -> None:
    order = order_of(24, 8)
    order.set_epoch(1)
    blamed = ", ".join(IMAGES.ids(order.batch(2)))
    with one_line_error("the loss is nan in epoch 1, step 2", "learning rate 1e+38", blamed):
        fit_line(epochs=1, lr=1e38, batch=8, spread=1e6)


def test_a_validation_loss_that_is_no_number_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("the validation loss is nan after epoch 1", "lower train.lr"):
        fit_line(epochs=1, lr=1e38, batch=24, spread=1e6)


def test_where_memory_does_not_suffice_a_line_says_what_to_try(
    one_line_error: OneLineError,
) -> None:
    with one_line_error(
        "train.batch_size = 8", "train.gradient_accumulation: 2", "train.batch_size: 4"
    ):
        run(
            trainer_of(Greedy()), Batches(batches_of(8), order_of(24, 8), batches_of(24), IMAGES), 1
        )


def test_one_epoch_takes_one_step_of_optimizer_and_schedule_a_batch() -> None:
    trainer, order = trainer_of(Line()), order_of(24, 8)
    seen = []
    position = Position()
    batches = Batches(batches_of(8), order, [], IMAGES)
    train_one_epoch(trainer, batches, position, lambda: seen.append(position.step), 1)
    assert trainer.schedule.last_epoch == 3
    assert seen == [1, 2, 3]


def test_a_batch_in_micro_batches_is_the_same_step_as_the_batch_at_once() -> None:
    torch.manual_seed(0)
    whole, cut = trainer_of(network := Line()), trainer_of(other := Line())
    other.load_state_dict(network.state_dict())
    at_once = take_step(whole, batches_of(24), order_of(24, 24), Position())
    in_micro_batches = take_step(cut, batches_of(8), order_of(24, 24, accumulation=3), Position())
    assert in_micro_batches == pytest.approx(at_once)
    assert torch.allclose(network.classifier.weight, other.classifier.weight)


def test_what_is_random_in_a_step_is_a_function_of_the_step() -> None:
    def draws(position: Position) -> list[float]:
        found: list[float] = []
        order = order_of(24, 8)
        batches = Batches(batches_of(8)[position.step :], order, [], IMAGES)
        draw = lambda: found.append(float(torch.rand(())))  # noqa: E731
        train_one_epoch(trainer_of(Line()), batches, position, draw, 1)
        return found

    assert draws(Position(step=1)) == draws(Position())[1:]
    assert len({*draws(Position()), *draws(Position(epoch=2))}) == 6
