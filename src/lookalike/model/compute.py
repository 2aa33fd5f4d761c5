"""How torch computes, fixed before anything is computed."""

import ctypes
import os
import platform

import torch

from lookalike.core.seeds import seed_for
from lookalike.model.without_dynamo import without_dynamo


def fix_compute(threads: int, seed: int = 0) -> None:
    """Make the bytes that torch computes a function of parameters and kind of processor alone.

    Args:
        threads: compute threads. Their number decides how sums are split, and so their last bits.
        seed: where torch's random numbers start.
    """
    _keep_freed_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(threads)
    # As `use_deterministic_algorithms(True)`, which also imports torch's compiler: seconds, to set
    # what nothing here uses
    torch.set_deterministic_debug_mode("error")
    # Filling every fresh tensor with NaN halves the speed, and nothing reads before it writes.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    with without_dynamo():
        torch.manual_seed(seed_for(seed, "torch"))


def _keep_freed_memory() -> None:
    """Let tensors of up to 1 GiB reuse the memory of earlier ones; on Linux with glibc.

    By itself glibc gives each large tensor fresh pages and hands them back with it. The kernel then
    fills them with zeros anew, step after step, which takes up to a third of a training on a CPU.
    """
    if platform.libc_ver()[0] == "glibc":
        trim_threshold, mmap_threshold = -1, -3  # names of <malloc.h>
        libc = ctypes.CDLL(None)
        libc.mallopt(mmap_threshold, 2**30)
        libc.mallopt(trim_threshold, 2**31 - 1)


def accelerator() -> torch.device:
    """The machine's GPU, or its processor where it has none."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context in which a forward pass runs at `fp32` or `bf16`."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
