"""Do new images look like those that are indexed? As a whole, and each by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lookalike.core.errors import DataError
from lookalike.core.seeds import seed_for
from lookalike.review.outliers import NEIGHBORS, distances_to
from lookalike.review.two_sample import TwoSampleTest, two_sample_test

MOST = 5000  # images of either side that are tested; of more, so many drawn at random
SIGNIFICANT = 0.01
FAR = 0.99  # quantile of the distances of reference images: beyond it a new one is far


class NewImage(NamedTuple):
    """A new image.

    Attributes:
        name: its path.
        distance: the mean cosine distance of the ten nearest images of the reference.
        novelty: see `novelty`.
    """

    name: str
    distance: float
    novelty: float


@dataclass(frozen=True)
class Drift:
    """New images against a reference.

    Attributes:
        reference: how many images the reference has.
        test: whether the new ones are like them as a whole.
        images: the new ones, the most novel first.
        usual: the distance that 99% of the reference images stay below, each among the others.
    """

    reference: int
    test: TwoSampleTest
    images: list[NewImage]
    usual: float

    @property
    def drifted(self) -> bool:
        """Whether chance alone would hardly make the new images so different: p < 0.01."""
        return self.test.p < SIGNIFICANT

    @property
    def far(self) -> list[NewImage]:
        """The new images that are farther than usual."""
        return [image for image in self.images if image.distance > self.usual]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "reference": self.reference,
            "new": len(self.images),
            "drifted": self.drifted,
            **{name: round(value, 6) for name, value in self.test._asdict().items()},
            "usual_distance": round(self.usual, 6),
            "images": [
                {
                    "path": image.name,
                    "distance": round(image.distance, 6),
                    "novelty": round(image.novelty, 6),
                }
                for image in self.images
            ],
        }


def find_drift(reference: Tensor, new: Tensor, names: Sequence[str]) -> Drift:
    """Compare new images with a reference.

    Args:
        reference: unit vectors `[n, d]`.
        new: unit vectors `[m, d]` of the same model.
        names: of the new images.

    Raises:
        DataError: there are too few of either.
    """
    if not len(new):
        raise DataError("there are no new images to compare")
    if len(reference) <= NEIGHBORS:
        raise DataError(f"{len(reference)} images are too few to compare others with")
    test = two_sample_test(_some(reference), _some(new), seed_for("drift"))
    distances, novelties = novelty(reference, new)
    rows = torch.arange(len(reference))
    usual = float(np.quantile(distances_to(reference, reference, rows)[0], FAR))
    images = list(map(NewImage, names, distances.tolist(), novelties.tolist()))
    images.sort(key=lambda image: (-image.novelty, image.name))
    return Drift(len(reference), test, images, usual)


def novelty(reference: Tensor, new: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """How far new images are from a reference, and how much farther than from each other.

    Images of a new kind are like each other. Some kinds look nearly as much like others, so that
    the distance alone would not show them.

    Args:
        reference: unit vectors `[n, d]`, n > 10.
        new: unit vectors `[m, d]`.

    Returns:
        The mean cosine distance of the ten nearest images of the reference, float64 `[m]`; and the
        same less that of the ten nearest other new images, where there are as many.
    """
    distances, _ = distances_to(new, reference)
    if len(new) <= NEIGHBORS:
        return distances, distances
    return distances, distances - distances_to(new, new, torch.arange(len(new)))[0]


def _some(vectors: Tensor) -> Tensor:
    """Some vectors where there are many, in their order."""
    if len(vectors) <= MOST:
        return vectors
    random = np.random.default_rng(seed_for("drift", len(vectors)))
    rows = np.sort(random.choice(len(vectors), MOST, replace=False))
    return vectors[torch.from_numpy(rows)]
