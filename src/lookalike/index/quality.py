"""How much the approximate index loses against exact search."""

import numpy as np
import torch
from torch import Tensor

from lookalike.images.split import SplitImage
from lookalike.index.bundle import IndexBundle
from lookalike.retrieval.evaluation import evaluate_retrieval
from lookalike.retrieval.neighbours import exact_neighbours

K = 10


def recall_against_exact(bundle: IndexBundle, unit_vectors: Tensor, queries: int) -> float:
    """The share of the ten exact nearest neighbours that the index finds, mean over queries.

    The queries are rows of the index, evenly spaced; each finds itself, which counts on both sides.

    Args:
        bundle: the index.
        unit_vectors: what it was built from, `[n, d]`, rows of length 1.
        queries: how many; all where there are fewer.
    """
    rows = torch.linspace(0, len(unit_vectors) - 1, min(queries, len(unit_vectors))).long()
    shares = []
    for exact in exact_neighbours(unit_vectors[rows], unit_vectors, K):
        for row, wanted in zip(rows[exact.start : exact.stop].tolist(), exact.indices, strict=True):
            found = {hit.row for hit in bundle.search(unit_vectors[row].numpy(), K)}
            shares.append(len(found & set(wanted.tolist())) / len(wanted))
    return float(np.mean(shares))


def retrieval_from_gallery(unit_vectors: Tensor, split: list[SplitImage]) -> dict[str, float | int]:
    """Exact retrieval metrics of test queries against training and validation images.

    Args:
        unit_vectors: embeddings of all images, `[n, d]`, rows of length 1.
        split: which of them is on which side; empty where no image has a label.
    """
    number_of = {label: n for n, label in enumerate(sorted({image.label for image in split}))}
    sides = []
    for test in (True, False):
        images = [image for image in split if (image.split == "test") == test]
        rows = torch.tensor([image.row for image in images], dtype=torch.int64)
        targets = torch.tensor([number_of[image.label] for image in images], dtype=torch.int64)
        sides.append((unit_vectors[rows], targets))
    (queries, query_targets), (gallery, gallery_targets) = sides
    return evaluate_retrieval(queries, query_targets, gallery, gallery_targets).summary()
