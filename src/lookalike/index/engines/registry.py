"""The engines that there are; a new one is a file beside this and a name in each of two lines."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lookalike.index.engines import annoy, exact, faiss, usearch
from lookalike.index.engines.engine import EngineKind, EngineParams, Tuned
from lookalike.index.tuning import HeldOut
from lookalike.retrieval.vectors import Vectors

ENGINES: tuple[EngineKind[Any], ...] = (annoy.KIND, exact.KIND, faiss.KIND, usearch.KIND)
AnyEngine = Annotated[
    annoy.Annoy | exact.Exact | faiss.Faiss | usearch.Usearch, Field(discriminator="name")
]
DEFAULT_ENGINE = annoy.Annoy()

_KINDS = {kind.name: kind for kind in ENGINES}


def engine_kind(params: EngineParams) -> EngineKind[Any]:
    """The engine that parameters are of."""
    return _KINDS[params.name]


def tune(vectors: Vectors, params: AnyEngine, queries: int, scratch: Path) -> Tuned[AnyEngine]:
    """Choose the parameters that are null, so that recall@10 reaches `target_recall`.

    By counting what is found of vectors that are left out, so the choice is the same everywhere.

    Args:
        vectors: what will be indexed.
        params: the `index.engine` block.
        queries: how many vectors are left out and looked for; every tenth at most.
        scratch: a folder with room for the indices that are tried.

    Raises:
        LookalikeError: the engine's package is missing or broken, or refuses the parameters.
    """
    held_out = HeldOut(vectors, params.metric, queries, scratch)
    tuned: Tuned[AnyEngine] = engine_kind(params).tune(params, held_out)
    return tuned
