"""Does a graph compute what the network does? Compared on real images whenever one is written."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from lookalike.export.graph import Run
from lookalike.images.pixels import decode_pixels
from lookalike.images.store import ImageStore
from lookalike.inference.runtimes.runtime import Outputs
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.preprocessing import ImageSize, preprocess

IMAGES_COMPARED = 64
# Batches of several sizes, so that a graph that is fixed to one is noticed
BATCHES = (1, 2, 5, 16)
TOLERANCE = 1e-4
BOUNDS = (1e-6, 1e-5, TOLERANCE)


class Parity(NamedTuple):
    """How far a graph is from its network.

    Attributes:
        images: how many real images were compared.
        max_difference: between any two numbers of normalized embeddings.
        same_top_1: the share of the images that get the same class; a class counts as the same
            where the network scores it as high as its own, within the tolerance. None: no classes.
    """

    images: int
    max_difference: float
    same_top_1: float | None

    @property
    def holds(self) -> bool:
        """Whether queries that the graph embeds find what those of the network find."""
        return self.max_difference <= TOLERANCE and self.same_top_1 in (1.0, None)

    @property
    def problem(self) -> str:
        """What is wrong where it does not hold."""
        top_1 = "" if self.same_top_1 is None else f", and {self.same_top_1:.1%} get the same class"
        return (
            f"of {self.images} images, normalized embeddings differ by up to "
            f"{self.max_difference:.1e} ({TOLERANCE:.0e} is allowed){top_1}"
        )

    def metrics(self) -> dict[str, float | int]:
        """As JSON; of the difference a bound, the next power of ten.

        Its digits are noise, another one on each kind of processor: ONNX Runtime chooses its
        instructions itself.
        """
        top_1 = {} if self.same_top_1 is None else {"same_top_1": self.same_top_1}
        bound = next(b for b in (*BOUNDS, math.inf) if self.max_difference <= b)
        return {"images": self.images, "difference_at_most": bound, **top_1}


def compared_images(images: ImageStore, size: ImageSize) -> np.ndarray:
    """Real images, evenly spaced, as the network takes them: `[n, channels, height, width]`."""
    rows = np.linspace(0, len(images) - 1, min(IMAGES_COMPARED, len(images))).astype(int)
    decoded = (decode_pixels(images.encoded(row), images.bands, max_pixels=None) for row in rows)
    return np.stack([preprocess(pixels, size) for pixels in decoded])


@torch.inference_mode()
def measure_parity(run: Run, network: EmbeddingNetwork, pixels: np.ndarray) -> Parity:
    """Compare a graph with the network that it was made from, which computes in fp32."""
    differences, same = [], []
    for batch in _batches(pixels):
        embeddings, logits = network(torch.from_numpy(batch))
        found = run(batch)
        differences.append(np.abs(_unit(found.embeddings) - _unit(embeddings.numpy())).max())
        if logits is not None:
            same.append(_same_top_1(found, logits.numpy()))
    top_1 = float(np.concatenate(same).mean()) if same else None
    return Parity(len(pixels), float(np.max(differences)), top_1)


def _batches(pixels: np.ndarray) -> Sequence[np.ndarray]:
    ends = np.cumsum(BATCHES)
    more = np.arange(ends[-1], len(pixels), BATCHES[-1])
    return [part for part in np.split(pixels, sorted({*ends, *more})) if len(part)]


def _unit(embeddings: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit: np.ndarray = embeddings / np.maximum(lengths, np.finfo(np.float32).tiny)
    return unit


def _same_top_1(found: Outputs, expected: np.ndarray) -> np.ndarray:
    assert found.logits is not None
    chosen = np.take_along_axis(expected, found.logits.argmax(axis=1)[:, None], axis=1)[:, 0]
    same: np.ndarray = chosen >= expected.max(axis=1) - TOLERANCE
    return same
