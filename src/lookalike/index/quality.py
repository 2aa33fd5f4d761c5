"""How much the approximate index loses against exact search."""

import numpy as np
import torch

from lookalike.images.split_file import SplitImage
from lookalike.index.engines.registry import engine_kind
from lookalike.index.index import Index
from lookalike.index.recall import evenly_spaced, recall_at_10
from lookalike.index.tuning import Trial
from lookalike.inference.embeddings import VECTORS
from lookalike.model.network import normalize
from lookalike.retrieval.evaluation import evaluate_rankings
from lookalike.retrieval.exact_search import ExactSearch
from lookalike.terminal.progress import say


def measure(index: Index, queries: int) -> Trial:
    """How much a search of an index inspects and finds, against exact search by its own metric.

    Says so in a line where that is less than `target_recall`.

    Args:
        index: the index.
        queries: how many of its rows look for others.
    """
    rows = evenly_spaced(len(index), queries)
    engine = index.description.engine
    exact = ExactSearch(index.vectors, engine.metric)
    recall = recall_at_10(index.search_many, exact, index.vectors.values[rows], rows)
    if recall < engine.target_recall:
        say(
            f"index: {engine.name} finds {recall:.4f} of the ten nearest, less than "
            f"index.engine.target_recall = {engine.target_recall}"
        )
    kind = engine_kind(engine)
    size = index.description.files[kind.file or VECTORS].bytes
    return Trial(kind.label(engine), kind.effort(engine, len(index)), recall, size)


def retrieval_metrics(
    vectors: np.ndarray, embeddings: np.ndarray | None, split: list[SplitImage]
) -> dict[str, dict[str, float | int]]:
    """Retrieval from the gallery by what is searched, and where that is whitened, also before.

    Says in a line what whitening adds to mAP@R.

    Args:
        vectors: what is searched, float32 `[n, k]`.
        embeddings: what was whitened, float32 `[n, d]`; None: nothing was.
        split: see `retrieval_from_gallery`.
    """
    gallery = retrieval_from_gallery(vectors, split)
    if embeddings is None:
        return {"gallery": gallery}
    before = retrieval_from_gallery(embeddings, split)
    if "map_at_r" in before:
        now, then = gallery["map_at_r"], before["map_at_r"]
        say(f"index: whitened, mAP@R is {now:.4f} instead of {then:.4f} ({now - then:+.4f})")
    return {"gallery": gallery, "gallery_before_whitening": before}


def retrieval_from_gallery(vectors: np.ndarray, split: list[SplitImage]) -> dict[str, float | int]:
    """Exact retrieval metrics of test queries against training and validation images.

    Args:
        vectors: embeddings of all images, float32 `[n, d]`; may be memory-mapped.
        split: which of them is in which subset; empty where no image has a label.
    """
    number_of = {label: n for n, label in enumerate(sorted({image.label for image in split}))}
    subsets = []
    for test in (True, False):
        images = [image for image in split if (image.split == "test") == test]
        rows = np.array([image.row for image in images], np.int64)
        targets = torch.tensor([number_of[image.label] for image in images], dtype=torch.int64)
        subsets.append((normalize(torch.from_numpy(vectors[rows])), targets))
    (queries, query_targets), (gallery, gallery_targets) = subsets
    return evaluate_rankings(queries, query_targets, gallery, gallery_targets).summary()
