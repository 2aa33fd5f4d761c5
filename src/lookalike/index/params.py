"""The `index` block of `params.yaml`."""

from pydantic import Field

from lookalike.core.params import Block


class IndexParams(Block):
    """How the Annoy index is built and searched."""

    block = "index"

    trees: int = Field(default=50, ge=1)
    search_k: int = Field(default=10_000, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**31)
    recall_queries: int = Field(default=1000, ge=1)
