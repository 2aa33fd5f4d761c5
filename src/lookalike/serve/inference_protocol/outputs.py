"""What the model gives, by name: its own outputs, and the nearest indexed images."""

from collections.abc import Collection, Sequence

import numpy as np

from lookalike.core.errors import QueryError
from lookalike.search.encoding import EncodedQuery, softmax
from lookalike.search.searcher import Searcher
from lookalike.serve.inference_protocol.schemas import TensorMetadata
from lookalike.serve.service import Service

NEIGHBORS = {"neighbor_ids", "neighbor_similarities"}


def described(searcher: Searcher) -> list[TensorMetadata]:
    """Every output that there is; classes and probabilities only where the model has classes."""
    classes = len(searcher.model.classes)
    outputs = [("embedding", "FP32", [-1, searcher.gallery.dimension])]
    if classes:
        outputs += [
            ("logits", "FP32", [-1, classes]),
            ("probabilities", "FP32", [-1, classes]),
            ("labels", "BYTES", [-1]),
        ]
    outputs += [("neighbor_ids", "BYTES", [-1, -1]), ("neighbor_similarities", "FP32", [-1, -1])]
    return [
        TensorMetadata(name=name, datatype=datatype, shape=shape)
        for name, datatype, shape in outputs
    ]


def chosen(searcher: Searcher, asked: Sequence[str]) -> list[str]:
    """The names asked for, each once; all where none is.

    Raises:
        QueryError: there is no such output.
    """
    known = [output.name for output in described(searcher)]
    for name in asked:
        if name not in known:
            raise QueryError(f"there is no output {name!r:.80}, only {', '.join(known)}")
    return list(dict.fromkeys(asked)) or known


async def computed(
    service: Service,
    searcher: Searcher,
    encoded: Sequence[EncodedQuery],
    names: Collection[str],
    k: int,
) -> dict[str, np.ndarray]:
    """Outputs of some images, in the order of their names; float32, or texts as objects."""
    outputs = {"embedding": np.stack([query.vector for query in encoded])}
    classes = np.array(searcher.model.classes, object)
    if len(classes):
        logits = np.stack([query.logits for query in encoded if query.logits is not None])
        outputs["logits"] = logits
        outputs["labels"] = classes[logits.argmax(axis=1)]
        calibrated = logits / searcher.model.temperature
        outputs["probabilities"] = np.stack([softmax(scores) for scores in calibrated])
    if NEIGHBORS & set(names):
        hits = await service.neighbors(searcher, outputs["embedding"], k)
        records = searcher.gallery.records(hits.rows.ravel().tolist())
        ids = np.array([record["id"] for record in records], object)
        outputs["neighbor_ids"] = ids.reshape(hits.rows.shape)
        outputs["neighbor_similarities"] = hits.similarities
    return {name: outputs[name] for name in names}
