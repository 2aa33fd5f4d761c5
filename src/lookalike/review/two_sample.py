"""Are two sets of images of one distribution? A permutation test on their embeddings."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from lookalike.retrieval.neighbors import exact_neighbors

NEIGHBORS = 20
PERMUTATIONS = 999
AT_ONCE = 64  # permutations, so that memory does not grow with their number


class TwoSampleTest(NamedTuple):
    """What the test says.

    Attributes:
        deviation: how uneven the new images are spread among the others (see `two_sample_test`).
        expected: the same where it is chance which images are new.
        p: how likely it is by chance to be as uneven; at least 1 / 1000.
    """

    deviation: float
    expected: float
    p: float


def two_sample_test(reference: Tensor, new: Tensor, seed: int) -> TwoSampleTest:
    """Test whether new images are spread among others as if they were some of them.

    The statistic is that of kBET (Büttner et al., A test metric for assessing single-cell RNA-seq
    batch correction, Nature Methods 2019): where both are of one distribution, the share of new
    images among the nearest neighbors of any image is their share of all, but for chance. It is the
    mean squared deviation from that, over all images and their 20 nearest. Images of a new kind
    have each other for neighbors, so that a few of them weigh much. Its distribution by chance is
    that over 999 random choices of which images are new: the p-value is exact whatever the
    distribution of embeddings is.

    Args:
        reference: unit vectors `[n, d]`.
        new: unit vectors `[m, d]`.
        seed: of the permutations.
    """
    together = torch.cat([reference, new])
    count = len(together)
    blocks = exact_neighbors(together, together, NEIGHBORS, torch.arange(count))
    nearest = torch.cat([block.indices for block in blocks]).numpy()
    rows = np.repeat(np.arange(count), nearest.shape[1])
    shares = np.full(nearest.size, 1 / nearest.shape[1], np.float32)
    graph = csr_array((shares, (rows, nearest.ravel())), shape=(count, count))
    random = np.random.default_rng(seed)
    (observed,) = _deviations(graph, np.arange(count)[None] >= len(reference))
    by_chance = np.empty(PERMUTATIONS)
    for start in range(0, PERMUTATIONS, AT_ONCE):
        are_new = np.zeros((min(AT_ONCE, PERMUTATIONS - start), count), bool)
        for each in are_new:
            each[random.permutation(count)[: len(new)]] = True
        by_chance[start : start + AT_ONCE] = _deviations(graph, are_new)
    p = (1 + int((by_chance >= observed).sum())) / (1 + PERMUTATIONS)
    return TwoSampleTest(float(observed), float(by_chance.mean()), p)


def _deviations(graph: csr_array, are_new: np.ndarray) -> np.ndarray:
    """The statistic, float64 `[p]`, for several choices `[p, n]` of which images are new."""
    chosen = are_new.T.astype(np.float32)
    shares: np.ndarray = graph @ chosen - chosen.mean(axis=0)
    return np.asarray(np.square(shares, dtype=np.float64).mean(axis=0))
