"""Copies to a GPU beside what it computes, on a CUDA stream of their own.

A copy runs beside a computation where the processor's memory is pinned, as that of loaded batches
is (`images/loading.py`); from other memory it is as right, and waited for. PyTorch gives pinned
memory to nobody else before the copy from it is done.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from lookalike.inference.overlapped import overlapped


class CopyStream:
    """Copies to one GPU, in the order in which they are begun.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)

    def begin(self, *tensors: Tensor) -> Callable[[], tuple[Tensor, ...]]:
        """Begin to copy tensors of the processor's memory.

        Returns:
            What gives the copies to the stream that is then the current one: its computations wait
            for them, and the processor does not.
        """
        with torch.cuda.stream(self._stream):
            copies = tuple(tensor.to(self._device, non_blocking=True) for tensor in tensors)
            done = self._stream.record_event()

        def received() -> tuple[Tensor, ...]:
            computing = torch.cuda.current_stream(self._device)
            computing.wait_event(done)
            for copy in copies:
                copy.record_stream(computing)  # or the next copy might take its memory too early
            return copies

        return received


def copied_ahead(
    batches: Iterable[tuple[Tensor, Tensor]], device: torch.device
) -> Iterable[tuple[Tensor, Tensor]]:
    """Batches on a GPU, each copied while the one before is computed; on a processor, themselves.

    Args:
        batches: in the processor's memory.
        device: that computes.
    """
    if device.type != "cuda":
        return batches
    copies = CopyStream(device)

    def begin(batch: tuple[Tensor, Tensor]) -> Callable[[], tuple[Tensor, Tensor]]:
        received = copies.begin(*batch)

        def pair() -> tuple[Tensor, Tensor]:
            images, targets = received()
            return images, targets

        return pair

    return overlapped(batches, begin, ahead=1)
