"""What this machine has: processor, memory, GPU."""

import os
from dataclasses import dataclass

import psutil
import torch

from lookalike.images.loading import shared_memory


@dataclass(frozen=True)
class Machine:
    """What a training can use of this machine.

    Attributes:
        cores: of the processor, that this process may use.
        instructions: what the processor computes with, as in `AVX512 with bf16`.
        memory: bytes in all, and `free_memory` those that are not used.
        shared_memory: bytes of `/dev/shm` that are free; None where the system does not bound it.
        gpu: its name; None where there is none that torch can use.
        gpu_memory: its bytes, 0 without.
    """

    cores: int
    instructions: str
    memory: int
    free_memory: int
    shared_memory: int | None
    gpu: str | None
    gpu_memory: int


def this_machine() -> Machine:
    """Look at this machine."""
    memory = psutil.virtual_memory()
    has_gpu = torch.cuda.is_available()
    bf16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        instructions=torch.backends.cpu.get_cpu_capability() + (" with bf16" if bf16 else ""),
        memory=memory.total,
        free_memory=memory.available,
        shared_memory=shared_memory(),
        gpu=torch.cuda.get_device_name() if has_gpu else None,
        gpu_memory=torch.cuda.get_device_properties(0).total_memory if has_gpu else 0,
    )
