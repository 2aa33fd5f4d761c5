"""What each of several trials at once may use of this machine."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

VISIBLE = "CUDA_VISIBLE_DEVICES"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Share:
    """What a worker gives its trials.

    Parameters stay as they are, so shares change no byte of a result: `base.threads` threads of a
    trial run on the cores of its share, however few.

    Attributes:
        number: of the worker, from 0.
        gpus: as CUDA_VISIBLE_DEVICES names them; none: what is not set stays so.
        cores: processors that its processes may run on; none: all.
    """

    number: int
    gpus: tuple[str, ...] = ()
    cores: frozenset[int] = frozenset()


def shares_of_machine(workers: int | None, devices: int) -> list[Share]:
    """A share for each worker; None: as many workers as have GPUs of their own, and at least one.

    Args:
        workers: how many there are.
        devices: GPUs that a trial trains on, `machine.devices`.
    """
    gpus = visible_gpus()
    number = workers or max(1, len(gpus) // devices)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return shares(number, gpus, devices, cores)


def shares(workers: int, gpus: Sequence[str], devices: int, cores: Sequence[int]) -> list[Share]:
    """Deal GPUs and cores out to workers; what does not suffice for all is used by several.

    Args:
        workers: how many there are.
        gpus: their names.
        devices: GPUs for each worker.
        cores: their numbers; neighbors stay together.
    """
    if workers == 1:
        return [Share(0)]
    each = max(1, len(cores) // workers)
    return [
        Share(
            worker,
            tuple(dict.fromkeys(_dealt(gpus, worker * devices, devices))),
            frozenset(_dealt(cores, worker * each, each)),
        )
        for worker in range(workers)
    ]


def visible_gpus() -> list[str]:
    """The GPUs that this process may use; none where NVIDIA's driver is not installed."""
    if (given := os.environ.get(VISIBLE)) is not None:
        return [name.strip() for name in given.split(",") if name.strip()]
    if (program := shutil.which("nvidia-smi")) is None:
        return []
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    listed = subprocess.run(command, capture_output=True, text=True)
    return listed.stdout.split() if listed.returncode == 0 else []


def _dealt(items: Sequence[Item], start: int, number: int) -> list[Item]:
    """So many of the items, from one on and wrapping around."""
    return [items[index % len(items)] for index in range(start, start + number)] if items else []
