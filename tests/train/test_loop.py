"""The training loop."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR

from lookalike.images.batches import ShuffledBatches
from lookalike.images.loading import Batch
from lookalike.model.network import EmbeddingNetwork, Output
from lookalike.train.loop import Best, Epoch, Trainer, evaluate, fit, train_one_epoch
from lookalike.train.params import TrainParams
from lookalike.train.recipe import Recipe

OneLineError = Callable[..., AbstractContextManager[None]]

GENERATOR = torch.Generator().manual_seed(0)
POINTS = torch.randn(24, 2, generator=GENERATOR)
SIDES = (POINTS[:, 0] > 0).long()


class Line(EmbeddingNetwork):
    """Tells points on the left of a line from those on the right."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.backbone, self.dropout, self.dimension = nn.Identity(), nn.Dropout(0.0), 2
        self.classifier = nn.Linear(2, 2)

    def forward(self, points: Tensor) -> Output:
        return Output(points, self.classifier(points))


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


def trainer_of(network: Line, lr: float = 0.5, **values: Any) -> Trainer:
    fabric = Fabric(devices=1, accelerator="cpu")
    optimizer = SGD(network.parameters(), lr=lr)
    wrapped, optimizer = fabric.setup(network, optimizer)
    schedule = LambdaLR(optimizer, lambda step: 1.0)
    params = TrainParams(epochs=1, warmup_epochs=0.0, **values)
    return Trainer(fabric, wrapped, Recipe(network, params, 2, seed=0), optimizer, schedule)


def batches_of(size: int, spread: float = 1.0) -> list[Batch]:
    return list(zip((POINTS * spread).split(size), SIDES.split(size), strict=True))


def fit_line(
    epochs: int, lr: float = 0.5, batch: int = 8, spread: float = 1.0
) -> tuple[Best, list[Epoch]]:
    epochs_seen: list[Epoch] = []
    train, valid = batches_of(batch, spread), batches_of(24, spread)
    order = ShuffledBatches(24, batch, seed=0)
    best = fit(trainer_of(Line(), lr), train, order, valid, epochs, epochs_seen.append)
    return best, epochs_seen


def fit_script(*epochs: list[list[float]], **values: Any) -> tuple[int, int]:
    """Fit against validation logits for two images of class 0.

    Returns:
        The number of the best epoch, and of that which the weights are from.
    """
    batch = (torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64))
    order = ShuffledBatches(2, 2, seed=0)
    trainer = trainer_of(Scripted(list(epochs)), **values)
    best = fit(trainer, [batch], order, [batch], len(epochs), lambda epoch: None)
    return best.epoch.number, int(best.weights["seen"])


RIGHT, BARELY, WRONG = [3.0, 0.0], [0.1, 0.0], [0.0, 3.0]


def test_the_epoch_with_the_best_accuracy_wins_even_at_a_worse_loss() -> None:
    assert fit_script([RIGHT, [0.0, 0.1]], [BARELY, BARELY], [WRONG, WRONG]) == (2, 2)


def test_at_equal_accuracy_the_lower_loss_wins() -> None:
    assert fit_script([BARELY, BARELY], [RIGHT, RIGHT], [BARELY, RIGHT]) == (2, 2)


def test_of_equal_epochs_the_first_wins() -> None:
    assert fit_script([RIGHT, RIGHT], [RIGHT, RIGHT]) == (1, 1)


def test_the_epoch_with_the_lowest_loss_wins_where_that_is_asked_for() -> None:
    assert fit_script([[3.0, 0.0], [0.0, 0.1]], [BARELY, BARELY], best_by="loss") == (1, 1)


def test_training_stops_where_no_epoch_has_been_better_for_so_long() -> None:
    scripted = Scripted([[BARELY, BARELY], [RIGHT, RIGHT], *[[BARELY, BARELY]] * 4])
    batch = (torch.zeros(2, 1), torch.zeros(2, dtype=torch.int64))
    seen: list[Epoch] = []
    trainer = trainer_of(scripted, patience=2)
    best = fit(trainer, [batch], ShuffledBatches(2, 2, seed=0), [batch], 6, seen.append)
    assert best.epoch.number == 2
    assert [epoch.number for epoch in seen] == [1, 2, 3, 4]


def test_clipping_bounds_a_step() -> None:
    def moved(clip: float | None) -> float:
        network = Line()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.zero_()
        train_one_epoch(trainer_of(network, lr=1.0, gradient_clip=clip), batches_of(24), 1)
        return float(torch.cat([p.detach().flatten() for p in network.parameters()]).norm())

    assert moved(0.01) == pytest.approx(0.01, rel=1e-3)
    assert moved(None) > 0.1


def test_the_average_of_the_weights_is_what_is_kept() -> None:
    network = Line()
    trainer = trainer_of(network, ema_decay=0.9)
    batches, order = batches_of(8), ShuffledBatches(24, 8, seed=0)
    best = fit(trainer, batches, order, batches_of(24), 1, lambda epoch: None)
    assert trainer.recipe.ema is not None
    assert int(trainer.recipe.ema.n_averaged) == 3
    assert torch.equal(best.weights["classifier.bias"], trainer.recipe.ema.module.classifier.bias)
    assert not torch.equal(best.weights["classifier.bias"], network.classifier.bias)


def test_training_learns() -> None:
    best, epochs = fit_line(epochs=20)
    assert epochs[-1].train.loss < epochs[0].train.loss
    assert best.epoch.valid.accuracy > 0.9


def test_every_epoch_is_reported_in_turn_with_its_learning_rate() -> None:
    _, epochs = fit_line(epochs=3, lr=0.25)
    assert [(epoch.number, epoch.lr) for epoch in epochs] == [(1, 0.25), (2, 0.25), (3, 0.25)]


class Watched:
    """Training batches that note the epoch that their sampler was told."""

    def __init__(self, order: ShuffledBatches) -> None:
        self.order = order
        self.epochs: list[int] = []

    def __iter__(self) -> Iterator[Batch]:
        self.epochs.append(self.order.epoch)
        return iter(batches_of(8))


def test_the_sampler_is_told_every_epoch() -> None:
    order = ShuffledBatches(24, 8, seed=0)
    train = Watched(order)
    fit(trainer_of(Line()), train, order, batches_of(24), 3, lambda epoch: None)
    assert train.epochs == [1, 2, 3]


def test_without_epochs_there_is_nothing_to_return() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        fit_line(epochs=0)


def test_a_training_loss_that_is_no_number_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("the loss is nan in epoch 1, step 1", "lower train.lr"):
        fit_line(epochs=1, lr=1e38, batch=8, spread=1e6)


def test_a_validation_loss_that_is_no_number_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("the validation loss is nan after epoch 1", "lower train.lr"):
        fit_line(epochs=1, lr=1e38, batch=24, spread=1e6)


def test_scores_are_means_over_images_whatever_the_batches() -> None:
    trainer = trainer_of(Line())
    whole, parts = evaluate(trainer, batches_of(24)), evaluate(trainer, batches_of(7))
    assert parts == pytest.approx(whole)


def test_an_accuracy_is_the_share_of_right_answers() -> None:
    trainer = trainer_of(Scripted([[RIGHT, RIGHT, RIGHT, WRONG]]))
    trainer.network.train()
    trainer.network(torch.zeros(4, 1))
    batch = (torch.zeros(4, 1), torch.zeros(4, dtype=torch.int64))
    assert evaluate(trainer, [batch]).accuracy == 0.75


def test_evaluating_changes_nothing() -> None:
    network = Line()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    evaluate(trainer_of(network), batches_of(8))
    assert all(torch.equal(before[name], now) for name, now in network.state_dict().items())


def test_one_epoch_takes_one_step_of_optimiser_and_schedule_a_batch() -> None:
    trainer = trainer_of(Line())
    train_one_epoch(trainer, batches_of(8), 1)
    assert trainer.schedule.last_epoch == 3
