"""Near-duplicates: precision and recall on labeled pairs, and the time that 100,000 images take.

    python -m bench.near_duplicates [--shared FOLDER] [--images 100000] [--workers 2]

FOLDER (or LOOKALIKE_SHARED) holds Caltech-101 as `data/caltech101/`. Labeled pairs: copies of a
seeded sample against their originals, and against all other originals, most of them of a few
classes whose images share composition and background.
"""

import argparse
import hashlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from lookalike.images.decode import decode
from lookalike.images.inspect import inspect
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore
from lookalike.near_duplicates.gray_images import thumbnail
from lookalike.near_duplicates.groups import group
from lookalike.near_duplicates.hash_pairs import near_hashes
from lookalike.near_duplicates.links import compare, find_links
from lookalike.near_duplicates.params import NearDuplicates

DEFAULT = NearDuplicates()
HARD = ("Motorbikes", "airplanes", "Faces", "Leopards", "watch", "car_side")
OF_HARD, OF_OTHERS = 80, 200
HASH_DISTANCES = (8, 10, 12, 14, 16)
PIXEL_DIFFERENCES = (0.4, 0.45, 0.5, 0.55, 0.6)
MAX_PIXELS = 10**8


class Copy(NamedTuple):
    """An original (`kind` is empty) or a copy of it."""

    path: str
    kind: str
    phash: int
    phash_mirrored: int
    pixels: np.ndarray


def encode(image: Image.Image, form: str = "JPEG", quality: int = 90) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, quality=quality)
    return buffer.getvalue()


def crop(image: Image.Image, share: float, choice: random.Random) -> Image.Image:
    """Cut off a share of the width and of the height, anywhere."""
    width, height = round(image.width * share), round(image.height * share)
    left, top = choice.randint(0, width), choice.randint(0, height)
    return image.crop((left, top, left + image.width - width, top + image.height - height))


def scaled(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)))


def copies(image: Image.Image, choice: random.Random) -> Iterator[tuple[str, bytes]]:
    yield "half the size", encode(scaled(image, 0.5))
    yield "a quarter of the size", encode(scaled(image, 0.25))
    yield "twice the size", encode(scaled(image, 2))
    yield "squeezed to a square", encode(image.resize((image.width, image.width)))
    for quality in (30, 60, 90):
        yield f"JPEG {quality}", encode(image, quality=quality)
    yield "WebP", encode(image, "WEBP", 60)
    yield "PNG", encode(image, "PNG")
    for percent in (2, 5, 10):
        yield f"cropped by {percent} % a side", encode(crop(image, percent / 100, choice))
    yield "mirrored", encode(ImageOps.mirror(image))
    yield "darker (0.7)", encode(ImageEnhance.Brightness(image).enhance(0.7))
    yield "brighter (1.3)", encode(ImageEnhance.Brightness(image).enhance(1.3))
    yield "gray", encode(image.convert("L"))
    mixed = ImageEnhance.Brightness(ImageOps.mirror(crop(image, 0.05, choice))).enhance(1.2)
    yield "mirrored, 5 % cropped, brighter, 2/3", encode(scaled(mixed, 2 / 3), quality=50)


def described(path: str, kind: str, data: bytes) -> Copy:
    found = inspect(data, MAX_PIXELS)
    return Copy(path, kind, found.phash, found.phash_mirrored, thumbnail(data))


def original_and_copies(folder: Path, path: str) -> list[Copy]:
    data = (folder / path).read_bytes()
    made = copies(decode(data), random.Random(path))
    return [described(path, kind, encoded) for kind, encoded in [("", data), *made]]


def sample(folder: Path) -> list[str]:
    """A seeded sample; of the leopards only the first hundred, as the next are their mirrors."""
    choice = random.Random(0)
    chosen: list[str] = []
    others: list[str] = []
    for label in sorted(path.name for path in folder.iterdir()):
        paths = sorted(f"{label}/{path.name}" for path in (folder / label).iterdir())
        if label == "Leopards":
            paths = paths[:100]
        if label in HARD:
            chosen += choice.sample(paths, OF_HARD)
        elif label != "Faces_easy":  # the faces again, cropped
            others += paths
    return sorted([*chosen, *choice.sample(others, OF_OTHERS)])


def labeled_pairs(folder: Path, workers: int) -> None:
    with ProcessPoolExecutor(workers) as pool:
        made = pool.map(partial(original_and_copies, folder), sample(folder), chunksize=8)
        images = [copy for copies in made for copy in copies]
    path = np.array([image.path for image in images])
    kind = np.array([image.kind for image in images])
    phash = np.array([image.phash for image in images], np.uint64)
    mirrored = np.array([image.phash_mirrored for image in images], np.uint64)
    pairs = near_hashes(phash, mirrored, max(HASH_DISTANCES), workers)
    pairs = pairs.take((kind[pairs.one] == "") != (kind[pairs.other] == ""))
    alike, difference = compare(np.stack([image.pixels for image in images]), pairs, workers)
    target = np.where(alike.mirrored, mirrored[alike.other], phash[alike.other])
    distance = np.bitwise_count(phash[alike.one] ^ target)
    of = np.where(kind[alike.one] == "", kind[alike.other], kind[alike.one])
    true = path[alike.one] == path[alike.other]
    originals = int((kind == "").sum())
    kinds = [name for name in dict.fromkeys(kind.tolist()) if name]
    unlike = len(kinds) * originals * (originals - 1)

    def linked(bits: int, pixels: float) -> np.ndarray:
        """Positions of the linked pairs, each pair of images once."""
        near = np.flatnonzero((distance <= bits) & (difference <= pixels))
        ends = np.stack([alike.one[near], alike.other[near]])
        chosen: np.ndarray = near[np.unique(ends, axis=1, return_index=True)[1]]
        return chosen

    print(
        f"{originals} originals, {len(kinds) * originals} true pairs, {unlike} of unlike images\n"
    )
    print("precision / recall, over all kinds of copies; rows: bits, columns: pixel difference")
    print("bits  " + "".join(f"{pixels:>16}" for pixels in PIXEL_DIFFERENCES))
    for bits in HASH_DISTANCES:
        cells = []
        for pixels in PIXEL_DIFFERENCES:
            hits = true[linked(bits, pixels)]
            cells.append(f"{hits.mean():.4f} / {hits.sum() / len(kinds) / originals:.4f}")
        print(f"{bits:>4}  " + "".join(f"{cell:>16}" for cell in cells))
    print("\nrecall by kind of copy, by pixel difference, at the default hash distance")
    for name in kinds:
        shares = []
        for pixels in PIXEL_DIFFERENCES:
            chosen = linked(DEFAULT.max_hash_distance, pixels)
            shares.append((true & (of == name))[chosen].sum() / originals)
        print(f"{name:<38}" + "".join(f"{share:>8.3f}" for share in shares))
    print("\nunlike images linked at the default thresholds (look at them)")
    chosen = linked(DEFAULT.max_hash_distance, DEFAULT.max_pixel_difference)
    false = chosen[~true[chosen]]
    print("\n".join(sorted({f"  {path[alike.one[k]]} {path[alike.other[k]]}" for k in false})))


def rows(folder: Path, images: int) -> Iterator[dict[str, Any]]:
    """Rows of an image store: Caltech-101, then over and over images that are near by hash alone.

    Those have the hashes of an image but for ten bits of 64, so that like layouts stay nearer than
    chance, and the pixels of another image of its class. One image in twenty is a copy of the one
    before: its pixels, and its hashes but for two bits.
    """
    choice = np.random.default_rng(0)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    data = [path.read_bytes() for path in files]
    found = [inspect(image, MAX_PIXELS) for image in data]
    of_class: dict[str, list[int]] = {}
    for position, path in enumerate(files):
        of_class.setdefault(path.parent.name, []).append(position)

    def flipped(phash: int, bits: int) -> int:
        for bit in choice.choice(64, bits, replace=False).tolist():
            phash ^= 1 << bit
        return phash

    of, hashes = 0, [0, 0]
    for number in range(images):
        if number % 20 == 19:
            hashes = [flipped(phash, 2) for phash in hashes]
        else:
            of = number % len(found)
            bits = 10 if number >= len(found) else 0
            hashes = [flipped(phash, bits) for phash in (found[of].phash, found[of].phash_mirrored)]
            if bits:
                of = int(choice.choice(of_class[files[of].parent.name]))
        yield {
            **found[of]._asdict(),
            "id": hashlib.sha256(str(number).encode()).hexdigest(),
            "path": f"{number:06d}.jpg",
            "label": None,
            "source": f"{number:06d}.jpg",
            "source_split": None,
            "phash": hashes[0],
            "phash_mirrored": hashes[1],
            "image": data[of],
        }


def timed(folder: Path, images: int, workers: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        store = Path(temporary, "images")
        write_shards(rows(folder, images), store)
        wall, processor = time.perf_counter(), time.process_time()
        links = find_links(ImageStore(store), DEFAULT, workers)
        groups = group(links, DEFAULT.max_group_size)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"\n{images} images, {workers} threads: {wall:.1f} s, {processor:.1f} s of processor time"
    )
    print(f"{len(links)} links, {len(groups.sizes())} groups, {len(groups.refused)} links refused")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=os.environ.get("LOOKALIKE_SHARED"))
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    folder = arguments.shared and Path(arguments.shared, "data", "caltech101")
    if not folder or not folder.is_dir():
        sys.exit("skipped: Caltech-101 is not there; name its folder's folder with --shared")
    labeled_pairs(folder, arguments.workers)
    timed(folder, arguments.images, arguments.workers)


if __name__ == "__main__":
    main()
