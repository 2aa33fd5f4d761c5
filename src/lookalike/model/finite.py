"""NaN and infinity spread: what a network reads and computes is finite, or the stage stops."""

from collections.abc import Mapping

from torch import Tensor

from lookalike.core.errors import LookalikeError


def check_finite(source: str, weights: Mapping[str, Tensor]) -> None:
    """Raise LookalikeError where weights are infinite or not a number.

    Args:
        source: where they are, for people to read.
        weights: by name.
    """
    broken = [name for name, tensor in weights.items() if not tensor.isfinite().all()]
    if broken:
        raise LookalikeError(
            f"{source}: {len(broken)} of {len(weights)} tensors hold numbers that are not finite "
            f"(the first is {broken[0]}); train again, or get the right file"
        )
