"""JPEGs decoded and resized by the device that computes, so that no processor is waited for.

A GPU decodes by nvJPEG, through torchvision. Its colors, between those that a JPEG stores for every
second pixel, are not those of libjpeg: pixels differ by some levels. What nvJPEG refuses is decoded
by Pillow, as everything is where there is no GPU.
"""

import torch
from torch import Tensor

from lookalike.core.errors import one_line
from lookalike.images.encoded_dataset import DECODED, unpacked
from lookalike.images.loading import Batch
from lookalike.images.plain_jpeg import decode_plain
from lookalike.model.device_preprocessing import preprocess_tensor, turned_upright
from lookalike.model.preprocessing import ImageSize
from lookalike.model.vision import io
from lookalike.terminal.progress import say

AT_ONCE = 32  # images that are in a device's memory at their full size


class DeviceDecoder:
    """Decodes batches of encoded images.

    Args:
        size: what the network takes.
        device: that decodes and resizes.
    """

    def __init__(self, size: ImageSize, device: torch.device) -> None:
        self._size = size
        self._device = device
        self._has_said = False

    @torch.inference_mode()
    def pixels(self, batch: Batch) -> Tensor:
        """The pixels of a batch of an `EncodedDataset`: uint8 `[n, 3, crop, crop]`, on the device.

        Raises:
            UndecodableImageError: an image is broken.
        """
        samples = unpacked(batch)
        square = self._size.crop, self._size.crop
        pixels = torch.empty(len(samples), 3, *square, dtype=torch.uint8, device=self._device)
        encoded = []
        for place, (data, orientation) in enumerate(samples):
            if orientation == DECODED:
                pixels[place].copy_(data.view(3, *square), non_blocking=True)
            else:
                encoded.append(place)
        for start in range(0, len(encoded), AT_ONCE):
            places = encoded[start : start + AT_ONCE]
            images = self._decoded([samples[place][0] for place in places])
            for place, image in zip(places, images, strict=True):
                upright = turned_upright(image, samples[place][1])
                pixels[place] = preprocess_tensor(upright, self._size)
        return pixels

    def _decoded(self, encoded: list[Tensor]) -> list[Tensor]:
        """Images as they are stored, uint8 `[3, height, width]`, on the device."""
        if self._device.type != "cuda":
            return [self._by_pillow(data) for data in encoded]
        gpu = torch.device("cuda", torch.cuda.current_device())
        try:
            images: list[Tensor] = io.decode_jpeg(encoded, io.ImageReadMode.RGB, gpu)
            return images
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if len(encoded) > 1:  # a single one fails all of them
                return [image for data in encoded for image in self._decoded([data])]
            if not self._has_said:
                say(f"the processor decodes JPEGs that the GPU refuses: {one_line(error)}")
                self._has_said = True
            return [self._by_pillow(encoded[0])]

    def _by_pillow(self, data: Tensor) -> Tensor:
        pixels = torch.from_numpy(decode_plain(data.numpy().tobytes()))
        return pixels.permute(2, 0, 1).to(self._device)
