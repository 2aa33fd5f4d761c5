"""The devices that a stage computes on: one processor or GPU, or several of several hosts."""

import logging
import os
from typing import TYPE_CHECKING

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.params import MachineParams
from lookalike.inference.processes import ALONE, Processes

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def launch(machine: MachineParams, precision: str = "fp32") -> "Fabric":
    """Start what the `machine` block asks for: GPUs where there are any, else processors.

    Several processes of one host are started from here, unless torchrun has started them; on
    several hosts it has to.

    Raises:
        LookalikeError: more devices requested than available, or others were started.
    """
    from lightning_fabric import Fabric  # takes more than a second

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it repeats the parameters
    try:
        fabric = Fabric(
            devices=machine.devices,
            num_nodes=machine.hosts,
            strategy=machine.strategy,
            precision="bf16-mixed" if precision == "bf16" else "32-true",
        )
        fabric.launch()
    except (RuntimeError, ValueError) as error:
        reason = one_line(error, None)
        raise LookalikeError(
            f"machine.devices = {machine.devices}, hosts = {machine.hosts}: {reason}"
        ) from None
    return fabric


def launch_processes(machine: MachineParams) -> Processes:
    """As `launch`, for stages that share out work and no gradients.

    Raises:
        LookalikeError: as `launch`.
    """
    started = int(os.environ.get("WORLD_SIZE", "1"))  # by torchrun
    if machine.devices == machine.hosts == started == 1:
        return ALONE
    fabric = launch(machine)
    return Processes(fabric.global_rank, fabric.world_size)
