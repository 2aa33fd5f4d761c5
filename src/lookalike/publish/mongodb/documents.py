"""What is written: a document an image and index version, and one that describes the version."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from bson.binary import Binary, BinaryVectorDtype
from safetensors.numpy import save

from lookalike.index.index import Index
from lookalike.publish.rows import THUMBNAIL, WHITENING

Document = dict[str, Any]
IMAGES, INDEXES = "images", "indexes"  # collections
# What only searches need, and where it is in a document; no column is likely called that
SEARCHED_FIELDS = {THUMBNAIL: "thumbnail_webp", WHITENING: "whitening_safetensors"}

# A vector in BSON: its type, the bits that the last byte leaves unused, then the numbers
VECTOR_SUBTYPE = 9
FLOAT32_HEADER = BinaryVectorDtype.FLOAT32.value + b"\0"
LITTLE_ENDIAN = np.dtype("<f4")

# About what a server takes well in one message; a document is at most as large as its share
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 8 * 2**20
OVERHEAD_BYTES = 1000  # of a document beside its vector, roughly


def image_key(version: str, image_id: str) -> str:
    """The `_id` of an image's document: its own unique index forbids a second one."""
    return f"{version}/{image_id}"


def keys_of(version: str) -> dict[str, str]:
    """What the `_id` of every image of a version fulfills, by the index that `_id` has anyway."""
    return {"$gte": f"{version}/", "$lt": f"{version}0"}  # "0" comes after "/"


def image_documents(
    index: Index, version: str, rows: Sequence[int], searched: bool = False
) -> Iterator[Document]:
    """The documents of some rows, in their order.

    Args:
        index: the index.
        version: its name.
        rows: which.
        searched: with what searches need: thumbnails, and in the first what whitens queries.
    """
    for row, record in zip(rows, index.records(rows), strict=True):
        vector = np.ascontiguousarray(index.vectors.values[row], LITTLE_ENDIAN)
        yield {
            "_id": image_key(version, record["id"]),
            "version": version,
            "row": row,
            **record,
            "embedding": Binary(FLOAT32_HEADER + vector.tobytes(), VECTOR_SUBTYPE),
            **(_searched_fields(index, row) if searched else {}),
        }


def _searched_fields(index: Index, row: int) -> Document:
    fields: Document = {}
    if (thumbnail := index.thumbnail(row)) is not None:
        fields[SEARCHED_FIELDS[THUMBNAIL]] = thumbnail
    if row == 0 and index.whitening is not None:
        fields[SEARCHED_FIELDS[WHITENING]] = save(index.whitening._asdict())
    return fields


def batches(index: Index, rows: Sequence[int]) -> list[Sequence[int]]:
    """Rows in batches, whose documents have a bounded number of bytes together."""
    size = OVERHEAD_BYTES + index.vectors.values.itemsize * index.description.dimension
    length = max(1, min(BATCH_DOCUMENTS, BATCH_BYTES // size))
    return [rows[start : start + length] for start in range(0, len(rows), length)]


def index_document(index: Index, version: str, metrics: dict[str, Any]) -> Document:
    """The document of an index version."""
    description = index.description
    return {
        "_id": version,
        "images": description.images,
        "dimension": description.dimension,
        "model_sha256": description.model_sha256,
        "vectors_sha256": description.vectors_sha256,
        "files": {name: file.sha256 for name, file in sorted(description.files.items())},
        "engine": description.engine.model_dump(),
        "metrics": metrics,
    }
