"""The `evaluate` block of `params.yaml`."""

from typing import Annotated, Literal

from pydantic import Field

from lookalike.core.params import Block


class EvaluateParams(Block):
    """What is measured and shown of the test split."""

    block = "evaluate"

    ranks: list[Annotated[int, Field(ge=1)]] = Field(default=[1, 5, 10])
    bootstrap_draws: int = Field(default=1000, ge=1)
    gallery_queries: int = Field(default=8, ge=1)
    gallery_neighbours: int = Field(default=7, ge=1)
    map: Literal["tsne", "umap", "pca", "none"] = "tsne"
