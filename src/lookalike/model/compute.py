"""How torch computes, fixed before anything is computed."""

import os

import torch

from lookalike.core.params import BaseParams
from lookalike.core.seeds import seed_for


def fix_compute(base: BaseParams) -> None:
    """Make the bytes that torch computes a function of parameters and kind of processor alone.

    The number of threads counts: it decides how sums are split, and so their last bits.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(base.threads)
    torch.use_deterministic_algorithms(True)
    # Filling every fresh tensor with NaN halves the speed, and nothing reads before it writes.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.manual_seed(seed_for(base.seed, "torch"))


def accelerator() -> torch.device:
    """The machine's GPU, or its processor where it has none."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context in which a forward pass runs at `fp32` or `bf16`."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")
