"""How torch computes."""

import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from subprocess import Popen

import pytest
import torch

from lookalike.model.compute import accelerator, autocast, fix_compute


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    threads = torch.get_num_threads()
    deterministic = torch.get_deterministic_debug_mode()
    yield
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode(deterministic)


def test_the_number_of_threads_is_that_of_the_parameters() -> None:
    fix_compute(threads=3)
    assert torch.get_num_threads() == 3


def test_the_seed_decides_random_numbers() -> None:
    def numbers(seed: int) -> list[float]:
        fix_compute(threads=1, seed=seed)
        return torch.rand(3).tolist()

    assert numbers(1) == numbers(1)
    assert numbers(1) != numbers(2)


def test_only_algorithms_that_always_give_the_same_are_used() -> None:
    torch.set_deterministic_debug_mode("default")
    fix_compute(threads=1)
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


def test_no_compiler_is_imported_to_fix_it(start: Callable[[str], Popen[str]]) -> None:
    code = """
import sys
from lookalike.model.compute import fix_compute
fix_compute(threads=1)
print({"torch._dynamo", "torch._inductor"} & {*sys.modules})
"""
    out, err = start(code).communicate()
    assert out == "set()\n", err


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is meant")
@pytest.mark.full
def test_a_large_tensor_reuses_the_memory_of_the_one_before() -> None:
    """Fresh pages are counted as faults; a tensor of 64 MB has at least 32 even of huge ones."""
    script = """
import resource, torch
from lookalike.core.params import BaseParams
from lookalike.model.compute import fix_compute
def faults():
    torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
if {fixed}:
    fix_compute(threads=1)
for _ in range(9):  # small allocations find their places
    before = faults()
for _ in range(9):
    after = faults()
print(after - before)
"""
    fresh, reused = (
        int(subprocess.check_output([sys.executable, "-c", script.format(fixed=fixed)]))
        for fixed in (False, True)
    )
    assert reused < 20 < 9 * 32 <= fresh


def test_without_a_gpu_the_processor_computes() -> None:
    device = accelerator()
    assert torch.ones(2, device=device).sum() == 2
    assert (device.type == "cpu") == (not torch.accelerator.is_available())


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_the_precision_is_that_of_matrix_products(precision: str, dtype: torch.dtype) -> None:
    with autocast(precision, torch.device("cpu")):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype
