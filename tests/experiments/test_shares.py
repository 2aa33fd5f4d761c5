"""What each of several trials at once may use of a machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.experiments.shares import Share, shares, shares_of_machine


def test_each_worker_has_gpus_and_cores_of_its_own() -> None:
    assert shares(2, ["0", "1", "2", "3"], 2, range(8)) == [
        Share(0, ("0", "1"), frozenset({0, 1, 2, 3})),
        Share(1, ("2", "3"), frozenset({4, 5, 6, 7})),
    ]


def test_one_worker_may_use_all_that_there_is() -> None:
    assert shares(1, ["0", "1"], 1, range(8)) == [Share(0)]


@given(st.integers(2, 20), st.integers(0, 8), st.integers(1, 4), st.integers(1, 16))
def test_work_is_dealt_out_evenly_and_nobody_goes_without(
    workers: int, gpus: int, devices: int, cores: int
) -> None:
    dealt = shares(workers, [str(gpu) for gpu in range(gpus)], devices, range(cores))
    assert [share.number for share in dealt] == list(range(workers))
    assert all(len(share.gpus) == min(devices, gpus) for share in dealt)
    loads = [sum(core in share.cores for share in dealt) for core in range(cores)]
    assert all(share.cores for share in dealt)
    assert max(loads) <= -(-workers // cores)


def test_there_are_as_many_workers_as_have_gpus_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5,6,7")
    assert [share.gpus for share in shares_of_machine(None, devices=2)] == [("4", "5"), ("6", "7")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert shares_of_machine(None, devices=1) == [Share(0)]
