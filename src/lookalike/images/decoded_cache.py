"""Images decoded and resized once, for trainings of many epochs: bytes of RGB, memory-mapped.

One Arrow file in the cache folder; safe to delete.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import PIL
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image
from torch import Tensor

from lookalike.core.arrow_file import open_table
from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.images.pixels import Pixels
from lookalike.images.store import ImageStore
from lookalike.terminal.cache_lock import CacheLock, evict, files_by_age
from lookalike.terminal.progress import track

SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("pixels", pa.binary(), nullable=False),
    ]
)
ROWS_AT_ONCE = 64
KEPT = 3  # files, of data sets or sizes used last


class DecodedImages:
    """The pixels of some rows of an image store, opened when first asked for.

    Args:
        path: what `decode_once` has written.
        lock: keeps the file in the cache as long as this object lives.
    """

    def __init__(self, path: Path, lock: CacheLock) -> None:
        self.path = path
        self._lock = lock
        self._table: pa.Table | None = None
        self._place: dict[int, int] = {}

    def image(self, row: int) -> Image.Image:
        """The image of a row of the image store, 8-bit RGB, not copied."""
        if self._table is None:  # opened by each worker process for itself
            self._table = pa.ipc.open_file(pa.memory_map(str(self.path))).read_all()
            self._place = {row: n for n, row in enumerate(self._table["row"].to_pylist())}
        place = self._place[row]
        size = (self._table["width"][place].as_py(), self._table["height"][place].as_py())
        pixels = self._table["pixels"][place].as_buffer()
        return Image.frombuffer("RGB", size, pixels, "raw", "RGB", 0, 1)


def decode_once(
    images: ImageStore,
    rows: Sequence[int],
    resize: Callable[[Pixels], Tensor],
    name: str,
    folder: Path,
    workers: int,
) -> DecodedImages:
    """Decode and resize rows of an image store, unless that lies in the cache already.

    Six parameters: three say what is decoded, and three where it is kept and by how many.

    Args:
        images: the image store, of 8-bit RGB.
        rows: the rows that will be asked for.
        resize: from a decoded image to uint8 `[3, height, width]`.
        name: of `resize`; what another one makes of the images lies in another file.
        folder: the cache.
        workers: processes that decode; 0 for this one.

    Raises:
        LookalikeError: the images have bands.
    """
    if images.bands is not None:
        raise LookalikeError(
            "train.cache = decoded: is for 8-bit RGB, but these images have bands; use none"
        )
    wanted = sorted(rows)
    ids = images.metadata["id"].take(pa.array(wanted)).to_pylist()
    parts = "\0".join([PIL.__version__, name, *map(str, wanted), *ids])
    path = folder / f"{hashlib.sha256(parts.encode()).hexdigest()}.arrow"
    lock = CacheLock(path, shared=True)
    while not _is_whole(path, wanted):  # experiments may want the same at once
        lock.release()
        with CacheLock(path):
            if not _is_whole(path, wanted):
                with atomic_file(path) as partial:
                    dataset = ImageDataset(images, wanted, [0] * len(wanted), resize)
                    _write(partial, dataset, workers)
        lock = CacheLock(path, shared=True)
    os.utime(path)
    for file in files_by_age(folder, "*.arrow")[:-KEPT]:
        evict(file)
    return DecodedImages(path, lock)


def _is_whole(path: Path, rows: Sequence[int]) -> bool:
    """Whether a file is there and holds the pixels of these rows; a damaged one is made again."""
    try:
        table = open_table(path, SCHEMA)
    except (ValueError, OSError):
        return False
    pixels = pc.multiply(table["width"].cast(pa.int64()), table["height"])
    sizes_fit = pc.all(pc.equal(pc.multiply(pixels, 3), pc.binary_length(table["pixels"]))).as_py()
    return bool(sizes_fit) and table["row"].to_pylist() == list(rows)


def _write(path: Path, dataset: ImageDataset, workers: int) -> None:
    one_by_one = SequentialBatches(len(dataset), 1)
    decoded = track(load_batches(dataset, one_by_one, workers), "decoding", len(one_by_one))
    found = zip(dataset.rows, (pixels[0] for pixels, _ in decoded), strict=True)
    with pa.ipc.new_file(path, SCHEMA) as writer:
        while some := [_record(*pair) for pair in islice(found, ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(some, schema=SCHEMA))


def _record(row: int, pixels: Tensor) -> dict[str, object]:
    _, height, width = pixels.shape
    data = pixels.permute(1, 2, 0).numpy().tobytes()
    return {"row": row, "width": width, "height": height, "pixels": data}
