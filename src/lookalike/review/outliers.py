"""Images that nothing in the data looks like."""

import numpy as np
import torch
from torch import Tensor

from lookalike.model.network import normalize
from lookalike.retrieval.neighbors import exact_neighbors
from lookalike.review.findings import Finding

NEIGHBORS = 10
FENCE = 1.5  # interquartile ranges beyond the third quartile
LEAST = 1e-6  # what is closer is a copy, of whose distance only rounding is left
SHOWN = 3


def outlier_findings(vectors: Tensor) -> list[Finding]:
    """The images that are far from all others, farthest first.

    How far an image is: the mean cosine distance of its ten nearest (Angiulli and Pizzuti, Fast
    outlier detection in high dimensional spaces, PKDD 2002). Too far is what is outside of Tukey's
    fences (Exploratory Data Analysis, 1977), of the logarithms: distances are skewed, most of all
    those of a trained network, and of the digits 181 of 1,797 lie outside without them, 34 with.

    Args:
        vectors: unit vectors `[n, d]`, a row an image.
    """
    if len(vectors) <= NEIGHBORS:
        return []
    distances, nearest = distances_to(vectors, vectors, torch.arange(len(vectors)))
    logarithms = np.log(np.maximum(distances, LEAST))
    low, high = np.quantile(logarithms, (0.25, 0.75))
    rows = np.flatnonzero(logarithms > high + FENCE * (high - low))
    return [
        Finding(
            "outlier",
            row,
            float(distances[row]),
            f"its nearest images are at a mean distance of {distances[row]:.2f}; "
            f"usual is {np.median(distances):.2f}",
            examples=tuple(nearest[row, :SHOWN].tolist()),
        )
        for row in rows[np.argsort(-distances[rows], kind="stable")].tolist()
    ]


def distances_to(
    queries: Tensor, gallery: Tensor, query_rows: Tensor | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """How far images are from a gallery.

    Args:
        queries: unit vectors `[n, d]`.
        gallery: unit vectors `[m, d]`, m > 10.
        query_rows: int64 `[n]`: the row of the gallery that a query is; None: they are others.

    Returns:
        The mean cosine distance of the ten nearest, float64 `[n]`, and the rows of these, int64
        `[n, 10]`, nearest first.
    """
    found = list(exact_neighbors(queries, gallery, NEIGHBORS, query_rows))
    similarities = torch.cat([block.similarities for block in found]).double()
    rows = torch.cat([block.indices for block in found])
    return (1 - similarities.mean(dim=1)).numpy(), rows.numpy()


def unit_vectors(vectors: np.ndarray) -> Tensor:
    """Embeddings as unit vectors, float32 `[n, d]`."""
    return normalize(torch.from_numpy(np.array(vectors, np.float32)))
