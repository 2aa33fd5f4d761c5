"""Calls on a Ray cluster: in order, and with one line for a mistake."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from operator import mul
from pathlib import Path

import pytest

from lookalike.cluster.cluster import Cluster, Needs
from lookalike.core.errors import ConfigError
from lookalike.core.params import read_yaml

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def _one_machine() -> Iterator[None]:
    """A cluster of this machine alone, as the library starts it."""
    import ray

    yield
    ray.shutdown()


def test_without_ray_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with one_line_error("lookalike[ray]"):
        Cluster(int, Needs())


def test_a_cluster_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with one_line_error("RAY_ADDRESS", "127.0.0.1:1"):
        Cluster(int, Needs())


@pytest.mark.full
def test_results_come_in_order_and_sigterm_is_still_the_stages(_one_machine: None) -> None:
    before = signal.getsignal(signal.SIGTERM)
    cluster: Cluster[int, int] = Cluster(partial(partial, mul, 3), Needs())
    assert list(cluster.in_order(range(40))) == [3 * number for number in range(40)]
    assert signal.getsignal(signal.SIGTERM) == before
    assert 1 <= cluster.slots <= (os.cpu_count() or 1)


@pytest.mark.full
def test_a_mistake_in_a_process_of_the_cluster_is_the_same_one_line(
    _one_machine: None, one_line_error: OneLineError
) -> None:
    cluster: Cluster[Path, object] = Cluster(partial(partial, read_yaml), Needs())
    with one_line_error("missing.yaml: cannot be read", kind=ConfigError):
        cluster.submit(Path("missing.yaml")).result()
