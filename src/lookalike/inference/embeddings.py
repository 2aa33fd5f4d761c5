"""The embeddings of all images as files: row i is row i of the image store.

`vectors.npy` holds them as the model gives them, float32 `[n, d]`, memory-mapped; `rows.arrow` who
they are of: id, predicted label and its probability (null where the model has no classes). Its
schema names the model, and has the stretch of its pictures.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lookalike.core.arrow_file import open_table
from lookalike.core.errors import LookalikeError, one_line
from lookalike.images.stretch import Stretch
from lookalike.inference.numerics import Numerics

VECTORS = "vectors.npy"
ROWS = "rows.arrow"
ROWS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("predicted_label", pa.string()),
        pa.field("probability", pa.float32()),
    ]
)


MODEL_KEY = b"model_sha256"
NUMERICS_KEY = b"numerics"


class Embeddings(NamedTuple):
    """An opened folder of embeddings.

    Attributes:
        vectors: float32 `[n, d]`, memory-mapped.
        rows: `n` rows of `ROWS_SCHEMA`.
        model_sha256: the fingerprint of the model that they come from.
        numerics: what computed them.
        stretch: how that shows bands; None: the images are 8-bit RGB.
    """

    vectors: np.ndarray
    rows: pa.Table
    model_sha256: str
    numerics: Numerics
    stretch: Stretch | None = None


def open_embeddings(folder: Path) -> Embeddings:
    """Open a folder of embeddings without reading the vectors.

    Raises:
        LookalikeError: a file is missing or broken, or the two do not belong together.
    """
    try:
        vectors = open_vectors(folder / VECTORS)
        rows = open_table(folder / ROWS, ROWS_SCHEMA)
        model_sha256 = rows.schema.metadata[MODEL_KEY].decode()
        numerics = Numerics.model_validate_json(rows.schema.metadata[NUMERICS_KEY])
        stretch = Stretch.from_metadata(rows.schema.metadata)
    except FileNotFoundError:
        raise LookalikeError(f"{folder}: no embeddings; run the embed stage first") from None
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = one_line(error)
        raise LookalikeError(f"{folder}: broken embeddings ({reason}); embed again") from None
    if len(vectors) != len(rows):
        raise LookalikeError(f"{folder}: {len(vectors)} vectors but {len(rows)} rows; embed again")
    return Embeddings(vectors, rows, model_sha256, numerics, stretch)


def open_vectors(path: Path) -> np.ndarray:
    """Open a file of vectors, float32 `[n, d]`, memory-mapped.

    Raises:
        ValueError: the file holds no such array.
        OSError: it cannot be read.
    """
    try:
        vectors = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError):
        raise
    except Exception as error:  # NumPy parses the header as Python, and raises whatever it meets
        raise ValueError(f"{path.name}: {error!r}") from None
    if vectors.dtype != np.float32 or vectors.ndim != 2:
        raise ValueError(f"{path.name} holds {vectors.dtype} {list(vectors.shape)}")
    return vectors
