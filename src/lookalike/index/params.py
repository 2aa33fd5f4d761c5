"""The `index` block of `params.yaml`."""

from typing import Literal

from pydantic import Field

from lookalike.core.params import Block

MOST_NODES = 2**31 - 1  # Annoy counts in 32 bits
MOST_TREES = 1000

EngineName = Literal["annoy", "exact", "faiss"]
Metric = Literal["angular", "euclidean", "dot"]


class IndexParams(Block):
    """How the index is built and searched.

    `trees`, `search_k` and `target_recall` are Annoy's, `faiss_factory` and `faiss_search` Faiss's:
    an index description and search parameters in that library's own notation.
    """

    block = "index"

    engine: EngineName = "annoy"
    metric: Metric = "angular"
    target_recall: float = Field(default=0.99, gt=0, le=1)
    trees: int | None = Field(default=None, ge=1, le=MOST_TREES)
    search_k: int | None = Field(default=None, ge=1, le=MOST_NODES)
    seed: int = Field(default=0, ge=0, lt=2**31)
    faiss_factory: str = "HNSW32"
    faiss_search: str = "efSearch=64"
    recall_queries: int = Field(default=1000, ge=1)
    thumbnail_size: int | None = Field(default=96, ge=16, le=256)
