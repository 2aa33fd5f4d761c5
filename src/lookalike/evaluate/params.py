"""The `evaluate` block of `params.yaml`."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from lookalike.core.params import Block


class EvaluateParams(Block):
    """What is measured and shown of the test split."""

    block = "evaluate"
    renamed: ClassVar[dict[str, str]] = {
        "gallery_neighbours": "evaluate.grid_neighbors",
        "gallery_queries": "evaluate.grid_queries",
        "map": "evaluate.projection",
    }

    ranks: list[Annotated[int, Field(ge=1)]] = Field(default=[1, 5, 10])
    max_quality_drop: float = Field(default=0.005, ge=0, le=1)
    bootstrap_draws: int = Field(default=1000, ge=1)
    grid_queries: int = Field(default=8, ge=1)
    grid_neighbors: int = Field(default=7, ge=1)
    projection: Literal["tsne", "umap", "pca", "none"] = "tsne"
