"""A graph in int8: post-training quantization by NNCF (Kozlov et al., 2020).

The ranges of numbers are learned from training images, evenly spaced in their order, which is that
of the paths: so every class has its share, and the same images give the same bytes.
"""

import logging
import os
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.extras import extra
from lookalike.images.pixels import decode_pixels
from lookalike.images.split_file import SplitImage
from lookalike.images.store import ImageStore
from lookalike.inference.exported import IMAGES
from lookalike.model.preprocessing import ImageSize, preprocess


class Quantization:
    """Quantizes graphs by what they make of some images.

    Args:
        images: the image store.
        split: which images are for training; where none is, all of them are taken.
        count: how many images, at most.
    """

    def __init__(self, images: ImageStore, split: list[SplitImage], count: int) -> None:
        self._images = images
        rows = [image.row for image in split if image.split == "train"] or range(len(images))
        chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)
        self.rows = [rows[place] for place in chosen]

    def write(self, graph: Path, size: ImageSize, path: Path) -> None:
        """Write the int8 form of an ONNX graph in fp32.

        Args:
            graph: the graph.
            size: how images become its input.
            path: of the file to write.

        Raises:
            LookalikeError: NNCF is not installed, or cannot quantize the graph.
        """
        # NNCF reports on its use to its makers, by default
        os.environ.setdefault("NNCF_CI", "1")
        with extra("openvino"):
            import nncf
        with extra("pipeline"):
            import onnx

        def sample(row: int) -> dict[str, np.ndarray]:
            pixels = decode_pixels(self._images.encoded(row), self._images.bands, max_pixels=None)
            return {IMAGES: preprocess(pixels, size)[None]}

        nncf.set_log_level(logging.ERROR)
        data = nncf.Dataset(self.rows, sample)
        try:
            with redirect_stdout(StringIO()):  # its progress bars
                quantized = nncf.quantize(onnx.load(graph), data, subset_size=len(self.rows))
        except Exception as error:  # it raises whatever it meets in a graph
            reason = one_line(error, 300)
            raise LookalikeError(
                f"base.inference.precision: int8: NNCF cannot quantize this network ({reason}); "
                "choose another one"
            ) from None
        path.write_bytes(quantized.SerializeToString(deterministic=True))
