"""PCA whitening: embeddings turned and scaled so that no direction counts more than another.

Jégou, Chum: "Negative evidences and co-occurrences in image retrieval: the benefit of PCA and
whitening", 2012. It needs no labels, and makes vectors shorter.
"""

from typing import NamedTuple

import numpy as np

from lookalike.core.errors import LookalikeError

# Of the largest variance: what is less is noise, which whitening would blow up.
LEAST_VARIANCE = 1e-6


class Whitening(NamedTuple):
    """Takes the mean from normalized embeddings, and projects what is left.

    Attributes:
        mean: float32 `[d]`.
        projection: float32 `[k, d]`.
    """

    mean: np.ndarray
    projection: np.ndarray

    def __call__(self, embeddings: np.ndarray) -> np.ndarray:
        """Embeddings `[n, d]` of any length as vectors `[n, k]`, float32.

        Each is computed by itself, so that it has the same bits in whatever company.
        """
        lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
        unit = embeddings / np.maximum(lengths, np.finfo(np.float32).tiny)
        whitened = np.empty((len(embeddings), len(self.projection)), np.float32)
        for row, centered in enumerate(unit - self.mean):
            whitened[row] = self.projection @ centered
        return whitened


def learn_whitening(embeddings: np.ndarray, dimension: int) -> Whitening:
    """The whitening of some embeddings, `[n, d]`, by their strongest `dimension` directions.

    Raises:
        LookalikeError: so many images, or such embeddings, do not have so many directions.
    """
    most = min(len(embeddings) - 1, embeddings.shape[1])
    if dimension > most:
        raise LookalikeError(
            f"index.whiten = {dimension}: {len(embeddings)} training images with embeddings of "
            f"{embeddings.shape[1]} numbers have at most {max(most, 0)} directions to whiten; use "
            "less, or null"
        )
    values = embeddings.astype(np.float64)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    mean = values.mean(axis=0)
    values -= mean
    variances, directions = np.linalg.eigh(values.T @ values / len(values))
    strongest = np.argsort(-variances, kind="stable")[:dimension]
    chosen = directions[:, strongest].T
    # A direction may point either way: let its largest number be positive
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
    scale = np.sqrt(np.maximum(variances[strongest], LEAST_VARIANCE * variances.max()))
    projection = chosen * (np.sign(largest) / scale[:, None])
    return Whitening(mean.astype(np.float32), projection.astype(np.float32))
