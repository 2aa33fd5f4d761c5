"""The `index` block of `params.yaml`."""

from typing import Any, ClassVar

from pydantic import Field, field_validator

from lookalike.core.params import Block
from lookalike.index.engines.registry import DEFAULT_ENGINE, ENGINES, AnyEngine

COMMON = ("metric", "target_recall")


class IndexParams(Block):
    """How the index is built, searched and measured.

    Attributes:
        engine: see the file of each in `engines/`.
        recall_queries: how many queries measure recall against exact search.
        whiten: see `learn_whitening`; None: vectors are the embeddings as they are.
        thumbnail_size: pixels of the longer side; None: no thumbnails.
    """

    block = "index"
    renamed: ClassVar[dict[str, str]] = {
        **{key: f"index.engine.{key}" for key in COMMON},
        **{key: today for kind in ENGINES for key, today in kind.params.flat.items()},
    }

    engine: AnyEngine = DEFAULT_ENGINE
    whiten: int | None = Field(default=None, ge=2)
    recall_queries: int = Field(default=1000, ge=1)
    thumbnail_size: int | None = Field(default=96, ge=16, le=256)

    @field_validator("engine", mode="before")
    @classmethod
    def _not_flat(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise ValueError(f"should be written as engine: {{name: {given}}} now")
        return given
