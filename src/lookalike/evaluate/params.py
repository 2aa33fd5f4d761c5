"""The `evaluate` block of `params.yaml`."""

from pydantic import Field

from lookalike.core.params import Block


class EvaluateParams(Block):
    """What is shown of the test split."""

    block = "evaluate"

    gallery_queries: int = Field(default=8, ge=1)
    gallery_neighbours: int = Field(default=7, ge=1)
