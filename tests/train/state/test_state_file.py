"""The state of a run as one file."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError
from safetensors.torch import save_file

from lookalike.train.state.state_file import read_state, write_state

numbers = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
keys = st.text(st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=8)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5) | st.lists(numbers, max_size=3),
    lambda inner: st.dictionaries(keys, inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(keys, values, max_size=5))
def test_what_json_knows_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, state: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "state"
    write_state(path, state)
    assert read_state(path) == state


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor([[3]]),
        torch.tensor([1e-40, float("nan"), -0.0]),
        torch.arange(24.0).view(1, 2, 3, 4).to(memory_format=torch.channels_last),
        torch.get_rng_state(),
        torch.rand(3).bfloat16(),
        torch.empty(0, 2),
    ],
)
def test_tensors_come_back_bit_by_bit(tmp_path: Path, tensor: torch.Tensor) -> None:
    write_state(tmp_path / "state", {"a": {"b": {"c": tensor}, "d": 1}})
    found = read_state(tmp_path / "state")["a"]["b"]["c"]
    assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
    expected = tensor.contiguous().flatten().view(torch.uint8)
    assert found.flatten().view(torch.uint8).tolist() == expected.tolist()


def test_what_is_read_is_written_again_with_the_same_bytes(tmp_path: Path) -> None:
    state = {"b": {"y": torch.zeros(3), "n": 1.5, "a": 2}, "a": {"x": torch.ones(2, dtype=int)}}
    write_state(tmp_path / "one", state)
    write_state(tmp_path / "other", read_state(tmp_path / "one"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("state", [{1: "a"}, {"a/b": torch.ones(1)}, {"a": object()}])
def test_what_could_not_come_back_is_refused(tmp_path: Path, state: dict[Any, Any]) -> None:
    with pytest.raises(TypeError):
        write_state(tmp_path / "state", state)
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_tensors_alone_is_no_state(tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "weights")
    with pytest.raises(ValueError, match="not the state of a training"):
        read_state(tmp_path / "weights")


@pytest.fixture
def _small_disk() -> Iterator[None]:
    """No file grows beyond 64 KB, as on a disk that is nearly full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("_small_disk")
def test_where_the_disk_is_full_the_older_file_survives(tmp_path: Path) -> None:
    write_state(tmp_path / "state", {"step": 1, "weights": torch.ones(8)})
    with pytest.raises((OSError, SafetensorError)):
        write_state(tmp_path / "state", {"step": 2, "weights": torch.ones(2**16)})
    assert read_state(tmp_path / "state")["step"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
