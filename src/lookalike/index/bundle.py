"""The index bundle: engine file, metadata and the fingerprints of what they were made from.

Row i of the vectors, of the metadata and of the engine is the same image, always.
"""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from lookalike.core.errors import LookalikeError
from lookalike.core.files import sha256_of_file, to_json, written_whole
from lookalike.images.split import SplitImage
from lookalike.index import annoy
from lookalike.index.params import IndexParams

ENGINE = "embeddings.ann"
METADATA = "metadata.arrow"
DESCRIPTION = "index.json"

METADATA_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("label", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("split", pa.string()),
        pa.field("predicted_label", pa.string()),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
    ]
)


class IndexDescription(BaseModel):
    """The content of `index.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    engine: Literal["annoy"] = "annoy"
    metric: Literal["angular"] = "angular"
    trees: int
    search_k: int
    seed: int
    images: int
    dimension: int
    model_sha256: str
    vectors_sha256: str
    engine_sha256: str
    metadata_sha256: str
    versions: dict[str, str]


class Hit(NamedTuple):
    """A row of the index and its cosine similarity to the query."""

    row: int
    similarity: float


class IndexBundle:
    """An opened bundle: searches and tells what a row is."""

    def __init__(
        self, description: IndexDescription, engine: annoy.AnnoySearcher, metadata: pa.Table
    ) -> None:
        self.description = description
        self._engine = engine
        self._metadata = metadata

    def __len__(self) -> int:
        return self.description.images

    def search(self, vector: np.ndarray, k: int) -> list[Hit]:
        """Up to `k` nearest images of a float vector `[d]`, by falling cosine similarity."""
        rows = self._engine.nearest(vector.tolist(), min(k, len(self)))
        found = np.array([self._engine.vector(row) for row in rows]).reshape(len(rows), -1)
        lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(vector)
        cosines = found @ vector / np.maximum(lengths, np.finfo(np.float32).tiny)
        hits = [Hit(row, float(c)) for row, c in zip(rows, cosines.clip(-1, 1), strict=True)]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.row))

    def record(self, row: int) -> dict[str, Any]:
        """The metadata of a row, under the names of `METADATA_SCHEMA`."""
        record: dict[str, Any] = self._metadata.slice(row, 1).to_pylist()[0]
        return record

    def records(self) -> Iterator[dict[str, Any]]:
        """The metadata of every row, in order."""
        for batch in self._metadata.to_batches():
            yield from batch.to_pylist()


def bundle_metadata(images: pa.Table, rows: pa.Table, split: list[SplitImage]) -> pa.Table:
    """Join what is known of the images, row by row, into a table of `METADATA_SCHEMA`.

    Args:
        images: metadata of the image store.
        rows: `rows.arrow` of the embeddings.
        split: the images that have a side; the others get none.

    Raises:
        LookalikeError: the embeddings are of other images.
    """
    if images["id"] != rows["id"]:
        raise LookalikeError("the embeddings are not of these images; run the embed stage again")
    sides: list[str | None] = [None] * len(images)
    for image in split:
        sides[image.row] = image.split
    joined = images.append_column("split", pa.array(sides, pa.string())).append_column(
        "predicted_label", rows["predicted_label"]
    )
    return joined.select(METADATA_SCHEMA.names).cast(METADATA_SCHEMA)


def write_bundle(
    folder: Path, vectors: Path, metadata: pa.Table, model_sha256: str, params: IndexParams
) -> None:
    """Build the index over a file of vectors and write the bundle, whole or not at all.

    Args:
        folder: the bundle to write.
        vectors: a `.npy` file of float32 `[n, d]`.
        metadata: `n` rows of `METADATA_SCHEMA`.
        model_sha256: the fingerprint of the model that gave the vectors.
        params: how to build and search.
    """
    embeddings = np.load(vectors, mmap_mode="r", allow_pickle=False)
    with written_whole(folder) as partial:
        partial.mkdir()
        annoy.build(embeddings, partial / ENGINE, params.trees, params.seed)
        with pa.ipc.new_file(partial / METADATA, METADATA_SCHEMA) as writer:
            writer.write_table(metadata.combine_chunks())
        description = IndexDescription(
            trees=params.trees,
            search_k=params.search_k,
            seed=params.seed,
            images=len(embeddings),
            dimension=embeddings.shape[1],
            model_sha256=model_sha256,
            vectors_sha256=sha256_of_file(vectors),
            engine_sha256=sha256_of_file(partial / ENGINE),
            metadata_sha256=sha256_of_file(partial / METADATA),
            versions={"annoy": version("annoy")},
        )
        (partial / DESCRIPTION).write_text(to_json(description.model_dump()), encoding="utf-8")


def open_bundle(folder: Path, model_sha256: str) -> IndexBundle:
    """Open a bundle for use with a model.

    Args:
        folder: the bundle.
        model_sha256: the fingerprint of the model that will embed the queries.

    Raises:
        LookalikeError: the bundle is missing or broken, or was built with another model.
    """
    try:
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        description = IndexDescription.model_validate(content)
        _check_model(folder, description, model_sha256)
        _check_file(folder / ENGINE, description.engine_sha256)
        _check_file(folder / METADATA, description.metadata_sha256)
        metadata = pa.ipc.open_file(pa.memory_map(str(folder / METADATA))).read_all()
        engine = annoy.AnnoySearcher(folder / ENGINE, description.dimension, description.search_k)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LookalikeError(
            f"{error.filename}: missing; run the index stage first, or dvc pull"
        ) from None
    except (ValueError, ValidationError, OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(f"{folder}: is not a whole index ({reason}); index again") from None
    if not len(metadata) == len(engine) == description.images:
        raise LookalikeError(
            f"{folder}: {description.images} images promised, {len(engine)} in {ENGINE}, "
            f"{len(metadata)} in {METADATA}; index again"
        )
    return IndexBundle(description, engine, metadata)


def _check_model(folder: Path, description: IndexDescription, model_sha256: str) -> None:
    if description.model_sha256 != model_sha256:
        raise LookalikeError(
            f"{folder}: was built with the model {description.model_sha256[:12]}, but the model "
            f"here is {model_sha256[:12]}; run embed and index again, or pull both together"
        )


def _check_file(path: Path, sha256: str) -> None:
    """Both files are mapped into memory, where damage could end the process without a word."""
    if sha256_of_file(path) != sha256:
        raise LookalikeError(
            f"{path}: is not the file that {DESCRIPTION} describes; index again, or dvc pull"
        )
