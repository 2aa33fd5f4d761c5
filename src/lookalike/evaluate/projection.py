"""Embeddings as points of a plane, for the eye."""

from typing import Literal

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from lookalike.core.extras import extra
from lookalike.core.seeds import seed_for

Method = Literal["tsne", "umap", "pca"]
METHODS: dict[Method, str] = {"tsne": "t-SNE", "umap": "UMAP", "pca": "principal components"}

# Below, there is nothing that a map could show.
FEWEST_POINTS = 5
# t-SNE's and UMAP's usual number of neighbors, where there are as many points.
NEIGHBOURS = 30


def project(unit: np.ndarray, method: Method, seed: int) -> np.ndarray:
    """Place embeddings in the plane so that those that lie close stay close; float32 `[n, 2]`.

    t-SNE is van der Maaten, Hinton: "Visualizing Data using t-SNE", 2008; UMAP McInnes, Healy,
    Melville, 2018, and needs the extra `umap`. Distances across a map of either mean little.

    Args:
        unit: float32 `[n, d]`, rows of length 1; n at least `FEWEST_POINTS`.
        method: how.
        seed: what UMAP's arrangement depends on; the others have no choice.

    Raises:
        LookalikeError: umap is asked for and not installed.
    """
    state = seed_for(seed, "map") % 2**32
    neighbors = min(NEIGHBOURS, (len(unit) - 1) // 3 + 1)
    with threadpool_limits(1):  # the same sums, whatever the machine
        if method == "pca":
            placed = PCA(2, svd_solver="full").fit_transform(unit)
        elif method == "tsne":
            placed = TSNE(perplexity=neighbors, random_state=state, n_jobs=1).fit_transform(unit)
        else:
            with extra("umap"):
                from umap import UMAP
            placed = UMAP(n_neighbors=neighbors, random_state=state, n_jobs=1).fit_transform(unit)
    return np.asarray(placed, dtype=np.float32)
