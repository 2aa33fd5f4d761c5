"""Graphs of networks, while other threads compute."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.fx.experimental.optimization import fuse

from lookalike.model.tracing import trace


class Meanwhile(nn.Module):
    """Waits for what another thread computes with another network, while it is traced itself."""

    def __init__(self, other: nn.Module) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.other = [other]  # not a part of this network

    def forward(self, x: Tensor) -> Tensor:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(self.other[0], torch.ones(1, 3)).result()
        return self.layer(x)  # type: ignore[no-any-return]


def test_a_network_can_be_used_while_another_is_traced() -> None:
    traced = trace(Meanwhile(nn.Sequential(nn.Linear(3, 1), nn.ReLU())))
    assert [node.target for node in traced.graph.nodes] == ["x", "layer", "output"]


def test_networks_traced_at_once_leave_modules_as_they_were() -> None:
    call = nn.Module.__call__
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: trace(nn.Sequential(nn.Linear(3, 1), nn.ReLU())), range(50)))
    assert nn.Module.__call__ is call


def test_a_traced_network_can_be_fused() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    fused = fuse(trace(network), no_trace=True)
    x = torch.ones(1, 3, 5, 5)
    assert torch.allclose(fused(x), network(x), atol=1e-6)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in fused.modules())
