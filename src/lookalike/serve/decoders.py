"""Images from strangers are decoded in processes of their own, bounded in time and memory."""

from functools import partial
from queue import SimpleQueue

from PIL import Image

from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.pixels import Pixels
from lookalike.images.untrusted import decode_untrusted
from lookalike.images.worker import Limits, Worker


class Decoders:
    """A few decoder processes; one that dies is replaced.

    Args:
        count: how many.
        max_pixels: of an image.
        seconds: for an image.
    """

    def __init__(self, count: int, max_pixels: int, seconds: float) -> None:
        self._max_pixels = max_pixels
        self._limits = limits = Limits.for_images(max_pixels, seconds)
        self._workers: list[Worker[Image.Image]] = [
            Worker(partial(decode, max_pixels=max_pixels), limits) for _ in range(count)
        ]
        self._idle: SimpleQueue[Worker[Image.Image]] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)

    def decode(self, data: bytes, bands: Bands | None) -> Pixels:
        """As `decode_untrusted`. Several threads may call this at once; they wait for a process.

        Raises:
            UndecodableImageError: it is no image, too large, or its decoder takes too much.
        """
        if bands is not None:  # another model may want others: its processes are not kept
            return decode_untrusted(data, bands, self._max_pixels, self._limits)
        worker = self._idle.get()
        try:
            (found,) = worker.findings([data])
        finally:
            self._idle.put(worker)
        if isinstance(found, str):
            raise UndecodableImageError(found)
        return found

    def stop(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.stop()
