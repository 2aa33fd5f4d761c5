"""The pixels of images of the store, as the network takes them, batch by batch."""

from collections.abc import Iterator, Sequence

from torch import Tensor

from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.encoded_dataset import EncodedDataset, packed
from lookalike.images.loading import load_batches
from lookalike.images.store import ImageStore
from lookalike.inference.device_decoder import DeviceDecoder
from lookalike.inference.engine_model import inference_of
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator
from lookalike.model.transforms import evaluation_transform


def load_pixels(
    model: Model,
    images: ImageStore,
    rows: Sequence[int],
    batches: SequentialBatches,
    workers: int = 0,
) -> Iterator[Tensor]:
    """Yield `[n, channels, height, width]`, where they were decoded.

    Five parameters: what is decoded, in which batches, and by how many.

    Args:
        model: what takes them, and says whether its device decodes.
        images: the image store.
        rows: rows of the store.
        batches: of the places in `rows`.
        workers: processes that decode, or read what the device decodes; 0 for this one.

    Raises:
        LookalikeError: a process that decodes has failed.
    """
    size = model.description.image_size
    transform = evaluation_transform(size)
    if inference_of(model).decode == "device" and images.bands is None:
        decoder = DeviceDecoder(size, accelerator())
        encoded = EncodedDataset(images, rows, transform)
        for batch in load_batches(encoded, batches, workers, packed):
            yield decoder.pixels(batch)
        return
    dataset = ImageDataset(images, rows, [-1] * len(rows), transform)
    for pixels, _ in load_batches(dataset, batches, workers):
        yield pixels
