"""How several processes train together: shares of a batch, and what is said of all of them."""

from lightning_fabric import Fabric
from torch import Tensor


def gathered(fabric: Fabric, rows: Tensor) -> Tensor:
    """The rows of all processes, which have as many each, with their gradients."""
    if fabric.world_size == 1:
        return rows
    whole = fabric.all_gather(rows, sync_grads=rows.is_floating_point())
    assert isinstance(whole, Tensor)
    return whole.flatten(0, 1)


def summed(fabric: Fabric, tensor: Tensor) -> Tensor:
    """The sum of what all processes have."""
    total = fabric.all_reduce(tensor, reduce_op="sum")
    assert isinstance(total, Tensor)
    return total


def describe_devices(fabric: Fabric) -> str:
    """Number and kind of the devices, as in `2 x cpu`."""
    return f"{fabric.world_size} x {fabric.device.type}"
