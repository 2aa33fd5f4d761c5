"""To and from Arrow through buffers alone.

Arrow's own conversions import pandas where it is installed, which takes longer than a search.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def rows_array(rows: Sequence[int] | np.ndarray) -> pa.Array:
    """Row numbers, int64 `[n]`, as what `Table.take` takes."""
    numbers = np.ascontiguousarray(rows, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def text_scalar(text: str) -> pa.StringScalar:
    """A text, which has to be valid UTF-8, as what Arrow's functions compare with."""
    data = text.encode()
    offsets = np.array([0, len(data)], np.int32)
    return pa.StringArray.from_buffers(1, pa.py_buffer(offsets), pa.py_buffer(data))[0]


def numbers_of(column: pa.ChunkedArray) -> np.ndarray:
    """A column of numbers without nulls, `[n]`; of one chunk it is not copied."""
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
