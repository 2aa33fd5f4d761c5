"""How well queries find images of their label in a gallery."""

from collections.abc import Hashable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.retrieval.evaluation import RANKS, Retrieval, evaluate_rankings


def evaluate_retrieval(
    queries: np.ndarray,
    query_labels: Sequence[Hashable],
    gallery: np.ndarray,
    gallery_labels: Sequence[Hashable],
    ranks: Sequence[int] = RANKS,
) -> Retrieval:
    """Rank the gallery for each query by cosine similarity, exactly, and score the rankings.

    Example:
        >>> retrieval = evaluate_retrieval(queries, query_labels, gallery, gallery_labels)
        >>> retrieval.summary()["recall_at_1"]

    Args:
        queries: embeddings, float32 `[n, d]`, of any length.
        query_labels: what each query is, `n` of them.
        gallery: embeddings, float32 `[m, d]`, of images that are not among the queries.
        gallery_labels: what each image of the gallery is, `m` of them.
        ranks: k of recall@k and precision@k.

    Raises:
        ValueError: shapes and numbers of labels do not fit each other.
    """
    for vectors, labels in ((queries, query_labels), (gallery, gallery_labels)):
        if vectors.ndim != 2 or len(vectors) != len(labels):
            raise ValueError(f"{len(labels)} labels for vectors {list(vectors.shape)}")
    numbers: dict[Hashable, int] = {}

    def targets(labels: Sequence[Hashable]) -> Tensor:
        return torch.tensor([numbers.setdefault(x, len(numbers)) for x in labels], dtype=torch.long)

    def unit(vectors: np.ndarray) -> Tensor:
        return normalize(torch.from_numpy(np.ascontiguousarray(vectors, np.float32)), dim=1)

    return evaluate_rankings(
        unit(queries),
        targets(query_labels),
        unit(gallery),
        targets(gallery_labels),
        ranks=ranks,
    )
