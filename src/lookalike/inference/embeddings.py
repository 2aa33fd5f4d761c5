"""The embeddings of all images as files: row i is row i of the image store.

`vectors.npy` holds them as the model gives them, float32 `[n, d]`, memory-mapped; `rows.arrow` who
they are of: id, predicted label and its probability (null where the model has no classes). Its
schema names the model, and has the stretch of its pictures.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lookalike.core.errors import LookalikeError
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
        vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
        rows = pa.ipc.open_file(pa.memory_map(str(folder / ROWS))).read_all()
        model_sha256 = rows.schema.metadata[MODEL_KEY].decode()
        numerics = Numerics.model_validate_json(rows.schema.metadata[NUMERICS_KEY])
        stretch = Stretch.from_metadata(rows.schema.metadata)
    except FileNotFoundError:
        raise LookalikeError(f"{folder}: no embeddings; run the embed stage first") from None
    except (ValueError, TypeError, KeyError, EOFError, OSError) as error:
        raise LookalikeError(f"{folder}: broken embeddings ({error}); embed again") from None
    if len(vectors) != len(rows):
        raise LookalikeError(f"{folder}: {len(vectors)} vectors but {len(rows)} rows; embed again")
    return Embeddings(vectors, rows, model_sha256, numerics, stretch)
