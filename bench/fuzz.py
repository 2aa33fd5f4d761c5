"""Feed damaged files to what reads strangers' files: nothing may fail but as documented.

    python -m bench.fuzz --minutes 30

Every target has a small corpus. A damaged copy of one of its files goes to the reader in a process
of its own, which may take two gigabytes and, for each file, ten seconds. What ends the process, or
raises anything but the reader's own error, is printed with its seed: --seed and --target repeat it.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import signal
import struct
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from pydantic import ValidationError

from lookalike.core.csv_file import read_csv
from lookalike.core.errors import LookalikeError
from lookalike.images.decode import decode
from lookalike.images.exif import exif_block, exif_columns
from lookalike.images.geotiff import read_geotiff
from lookalike.images.refusal import UndecodableImageError
from lookalike.images.shards import SCHEMA, open_shard
from lookalike.inference.embeddings import open_vectors
from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.corrections import read_corrections
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.complete_item import complete_item
from lookalike.ingest.tables import read_table
from lookalike.pull.pulling import _locked
from lookalike.search.filters import matching_rows
from lookalike.serve.inference_protocol import tensors
from lookalike.serve.inference_protocol.schemas import InferRequest
from lookalike.serve.inference_protocol.tensors import elements, numbers
from lookalike.serve.schemas import PredictRequest

SECONDS, MEMORY = 10, 2 * 2**30
MOST_PIXELS = 10**6
NUMBERS = (0, 1, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
AT_ONCE = 500


class Target(NamedTuple):
    """What reads a file.

    Attributes:
        corpus: intact files.
        read: reads one.
        refusals: what it may raise.
    """

    corpus: Callable[[], list[bytes]]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = (LookalikeError,)


# --- what is damaged ---------------------------------------------------------------------------


@cache
def images() -> list[bytes]:
    """One small image of each common format."""
    pixels = np.random.default_rng(0).integers(0, 255, (24, 24, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.info["icc_profile"] = None
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    kinds: dict[str, dict[str, object]] = {
        "JPEG": {"exif": exif, "progressive": True},
        "PNG": {"exif": exif},
        "GIF": {"save_all": True, "append_images": [picture.rotate(90)]},
        "WEBP": {"exif": exif},
        "TIFF": {"compression": "tiff_lzw"},
        "BMP": {},
        "ICO": {"sizes": [(16, 16), (24, 24)]},
        "PPM": {},
        "TGA": {},
        "JPEG2000": {},
    }
    return [_encoded(picture, kind, **options) for kind, options in kinds.items()]


def _encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def tiffs() -> list[bytes]:
    """A TIFF of bands, which GDAL reads."""
    bands = np.arange(4 * 16 * 16, dtype=np.uint16).reshape(16, 16, 4)
    return [_encoded(Image.fromarray(bands[:, :, 0]), "TIFF"), images()[4]]


def archives() -> list[bytes]:
    """A zip, a tar and a tar.gz of a few images."""
    found = []
    for mode in ("w", "w:gz", "w:bz2"):
        buffer = BytesIO()
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            for number, data in enumerate(images()[:3]):
                member = tarfile.TarInfo(f"a/{number}.png")
                member.size = len(data)
                archive.addfile(member, BytesIO(data))
        found.append(buffer.getvalue())
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, data in enumerate(images()[:3]):
            packed.writestr(f"a/{number}.png", data)
    return [*found, buffer.getvalue()]


def tables() -> list[bytes]:
    """Labels as CSV, JSON lines, COCO and Parquet, each behind the name of its kind."""
    rows = [{"path": f"{n}.png", "label": "a,b", "n": n, "tags": ["x", "y"]} for n in range(5)]
    csv = "path,label,n\n" + "".join(f'{n}.png,"a ""b""",{n}\n' for n in range(5))
    coco = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "annotations": [{"image_id": 1, "category_id": 2}],
        "categories": [{"id": 2, "name": "cat"}],
    }
    parquet = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    lines = "\n".join(map(json.dumps, rows))
    return [
        b"csv\n" + csv.encode(),
        b"jsonl\n" + lines.encode(),
        b"json\n" + json.dumps(coco).encode(),
        b"parquet\n" + parquet.getvalue(),
    ]


def splits() -> list[bytes]:
    """A split file."""
    lines = (f'{n:064x},a/{n}.png,"a, b",train' for n in range(5))
    return ["\n".join(["id,path,label,split", *lines, ""]).encode()]


def corrections() -> list[bytes]:
    """A table of corrections."""
    return [b'path,id,action,label\na.png,,relabel,cat\n"b,c.png",,drop,\n,abc,keep,dog\n']


def filters() -> list[bytes]:
    """Texts of filters."""
    return [
        b"label = 'cat' AND split IN ('train', 'valid') AND NOT path LIKE 'raw/%'",
        b"(width >= 640 OR height<3) AND \"label\" IS NOT NULL AND id <> 'it''s'",
    ]


def requests() -> list[bytes]:
    """Bodies of searches and inference."""
    bodies: list[object] = [
        {"id": "a", "k": 5, "where": "label = 'a'", "like": ["b"], "unlike": ["c"]},
        {"url": "https://example.org/a.jpg", "min_similarity": 0.5, "exclude_query": True},
        {"inputs": [{"name": "images", "shape": [1], "datatype": "BYTES", "data": ["aGk="]}]},
        {"inputs": [{"name": "i", "shape": [1, 2], "datatype": "UINT8", "data": [[1, 2]]}]},
    ]
    return [json.dumps(body).encode() for body in bodies]


def shards() -> list[bytes]:
    """A file of an image store."""
    texts = {"id": "a" * 64, "path": "a.png", "label": "a", "source": "s", "source_split": None}
    row = {field.name: 7 for field in SCHEMA} | texts | {"image": images()[1]}
    buffer = BytesIO()
    with pa.ipc.new_file(buffer, SCHEMA) as writer:
        writer.write_table(pa.Table.from_pylist([row] * 3, schema=SCHEMA))
    return [buffer.getvalue()]


def vectors() -> list[bytes]:
    """A file of vectors."""
    buffer = BytesIO()
    np.save(buffer, np.ones((4, 8), np.float32))
    return [buffer.getvalue()]


def items() -> list[bytes]:
    """A STAC item."""
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "a",
        "geometry": {"type": "Point", "coordinates": [1, 2]},
        "bbox": [1, 2, 1, 2],
        "properties": {"datetime": "2020-01-01T00:00:00Z", "n": 1},
        "links": [{"rel": "self", "href": "a.json"}],
        "assets": {"image": {"href": "a.png", "type": "image/png"}},
    }
    return [json.dumps(item).encode()]


def locks() -> list[bytes]:
    """A `dvc.lock`."""
    outs = "".join(
        f"    - path: models/{name}\n      hash: md5\n      md5: {'5d' * 16}.dir\n"
        for name in ("export", "index")
    )
    return [f"schema: '2.0'\nstages:\n  export:\n    cmd: a\n    outs:\n{outs}".encode()]


# --- what reads it -----------------------------------------------------------------------------


def _decode(data: bytes) -> None:
    decode(data, MOST_PIXELS)
    exif_columns(exif_block(Image.open(BytesIO(data))), ("captured_at", "camera", "position"))


def _bands(data: bytes) -> None:
    read_geotiff(data, lambda count: list(range(1, count + 1)), MOST_PIXELS)


def _archive(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        Path(file.name).write_bytes(data)
        source = ArchiveSource(file.name)
        for candidate in source.candidates():
            try:
                source.read(candidate)
            except UnreadableError:
                continue


def _table(data: bytes) -> None:
    kind, _, content = data.partition(b"\n")
    read_table(f"labels.{kind.decode('latin-1')}", content)


def _file(data: bytes, read: Callable[[Path], object]) -> object:
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_bytes(data)
        return read(Path(file.name))


def _filter(data: bytes) -> None:
    names = ("id", "path", "label", "split", "source", "predicted_label")
    table = pa.table({name: ["a"] for name in names} | {"width": [1], "height": [2]})
    matching_rows(table, data.decode("utf-8", "surrogateescape"))


def _request(data: bytes) -> None:
    for schema in (PredictRequest, InferRequest):
        try:
            asked = schema.model_validate_json(data, strict=True)
        except ValidationError:
            continue
        if isinstance(asked, InferRequest):
            tensor = asked.inputs[0]
            if tensor.datatype == "BYTES":
                elements(tensor, None)
            elif tensor.datatype in tensors.NUMBERS:
                numbers(tensor, None)


def _shard(path: Path) -> None:
    open_shard(path).to_pylist()


def _item(data: bytes) -> None:
    complete_item(json.loads(data), "/a/b.json")


def _lock(data: bytes) -> None:
    _locked(data.decode(), "dvc.lock", [Path("models/export"), Path("models/index")])


TARGETS = {
    "image": Target(images, _decode, (UndecodableImageError,)),
    "bands": Target(tiffs, _bands, (UndecodableImageError,)),
    "archive": Target(archives, _archive),
    "label file": Target(tables, _table, (ValueError,)),
    "split file": Target(splits, lambda data: _file(data, read_csv)),
    "corrections": Target(corrections, lambda data: _file(data, read_corrections)),
    "filter": Target(filters, _filter),
    "request": Target(requests, _request),
    "image store": Target(shards, lambda data: _file(data, _shard)),
    "vectors": Target(vectors, lambda data: _file(data, open_vectors), (ValueError, OSError)),
    "STAC item": Target(items, _item, (UnreadableError, ValueError, RecursionError)),
    "dvc.lock": Target(locks, _lock, (LookalikeError, UnicodeDecodeError)),
}


# --- how ---------------------------------------------------------------------------------------


def damaged(corpus: Sequence[bytes], seed: int) -> bytes:
    """A file of the corpus after one to eight changes, as a function of the seed."""
    chance = random.Random(seed)
    data = bytearray(chance.choice(corpus))
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 2, 4, 8, 64)))
        match chance.randrange(8):
            case 0 | 1:
                for place in range(start, min(end, start + 1)):
                    data[place] ^= 1 << chance.randrange(8)
            case 2:
                data[start:end] = chance.randbytes(end - start)
            case 3:
                form = chance.choice(("<B", "<H", ">H", "<I", ">I"))
                size = struct.calcsize(form)
                number = chance.choice(NUMBERS) % 2 ** (8 * size)
                data[start : start + size] = struct.pack(form, number)
            case 4:
                del data[start:end]
            case 5:
                data[start:start] = data[start:end] * chance.choice((1, 2, 100))
            case 6:
                other = chance.choice(corpus)
                place = chance.randrange(len(other) + 1)
                data[start:end] = other[place : place + end - start]
            case 7:
                data = data[:start]
    return bytes(data)


def attack(target: Target, seeds: Iterator[int] | range) -> Iterator[tuple[int, str]]:
    """Read damaged files in this process; yield the seeds of those that fail otherwise, and how."""
    corpus = target.corpus()
    for seed in seeds:
        try:
            target.read(damaged(corpus, seed))
        except target.refusals:
            continue
        except Exception:
            yield seed, traceback.format_exc(limit=-3)


def _work(name: str, start: int, at: Path) -> None:
    """Attack in a process of its own, limited, and leave at which seed it is."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # where decoders complain

    def seeds() -> Iterator[int]:
        for seed in range(start, start + AT_ONCE):
            at.write_text(str(seed))
            signal.alarm(SECONDS)  # ends the process
            yield seed
        signal.alarm(0)

    for seed, trace in attack(TARGETS[name], seeds()):
        print(f"{name}, seed {seed}:\n{trace}", flush=True)


def main() -> None:
    """Attack all targets in turn until the time is over; exit 1 where anything was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first damaged file")
    parser.add_argument("--target", choices=TARGETS, action="append")
    options = parser.parse_args()
    end, seed, found = time.monotonic() + 60 * options.minutes, options.seed, 0
    done: dict[str, int] = dict.fromkeys(options.target or TARGETS, 0)
    context = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder, "seed")
        while time.monotonic() < end:
            for name in done:
                process = context.Process(target=_work, args=(name, seed, at))
                process.start()
                process.join()
                done[name] += int(at.read_text()) - seed + 1
                if process.exitcode:
                    found += 1
                    print(
                        f"{name}, seed {at.read_text()}: ended with {process.exitcode}", flush=True
                    )
            seed += AT_ONCE
    for name, count in done.items():
        print(f"{name:12} {count:9,}")
    print(f"{'all':12} {sum(done.values()):9,}")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
