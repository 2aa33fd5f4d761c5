"""Batch norm over the images of all processes."""

from multiprocessing import get_context
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn

from lookalike.train.recipe.batch_norm import SharedBatchNorm, share_batch_norm

PROCESSES = 2


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.BatchNorm2d(4),
        nn.Sequential(nn.ReLU(), nn.BatchNorm2d(4, momentum=0.3)),
        nn.Flatten(),
        nn.Linear(4 * 36, 5),
        nn.BatchNorm1d(5, affine=False),
    )


IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 3 + 2
WEIGHTS = torch.randn(8, 5, generator=torch.Generator().manual_seed(2))


def trained(model: nn.Module, rank: int, processes: int) -> dict[str, Tensor]:
    """State and gradients (of the mean over all images) after two steps."""
    for _ in range(2):
        output = model(IMAGES[rank::processes])
        (output * WEIGHTS[rank::processes]).mean().backward()
    gradients = {f"{name}.grad": p.grad / processes for name, p in model.named_parameters()}
    return {**model.state_dict(), **gradients}


def share(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", store, rank=rank, world_size=PROCESSES)
    model = network()
    share_batch_norm(model, "cpu")
    found = trained(model, rank, PROCESSES)
    for name, tensor in found.items():
        if name.endswith(".grad"):
            dist.all_reduce(tensor)
    torch.save(found, folder / f"{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Tensor]]:
    """What each of two processes has after training on its half of the images."""
    folder = tmp_path_factory.mktemp("shared")
    context = get_context("fork")
    processes = [context.Process(target=share, args=(rank, folder)) for rank in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [torch.load(folder / f"{rank}.pt") for rank in range(PROCESSES)]


def test_several_processes_learn_what_one_learns(shared: list[dict[str, Tensor]]) -> None:
    alone = trained(network(), 0, 1)
    for found in shared:
        assert found.keys() == alone.keys()
        for name, tensor in alone.items():
            assert torch.allclose(found[name], tensor, rtol=1e-4, atol=1e-6), name


def test_every_process_has_the_same(shared: list[dict[str, Tensor]]) -> None:
    one, other = shared
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_without_training_it_is_a_plain_batch_norm() -> None:
    model, plain = network().eval(), network().eval()
    share_batch_norm(model, "cpu")
    assert sum(isinstance(module, SharedBatchNorm) for module in model.modules()) == 3
    assert torch.equal(model(IMAGES), plain(IMAGES))
