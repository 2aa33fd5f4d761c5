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
import pyarrow as pa
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from lookalike.images.decode import decode
from lookalike.images.inspect import Inspection, inspect
from lookalike.images.shards import SCHEMA, write_shards
from lookalike.images.store import ImageStore
from lookalike.near_duplicates.candidates import Pairs, candidates
from lookalike.near_duplicates.groups import group
from lookalike.near_duplicates.links import compare, find_links
from lookalike.near_duplicates.params import NearDuplicates
from lookalike.near_duplicates.thumbnails import Thumbnails, thumbnail

DEFAULT = NearDuplicates()
HARD = ("Motorbikes", "airplanes", "Faces", "Leopards", "watch", "car_side")
OF_HARD, OF_OTHERS = 80, 200
HASH_DISTANCES = (8, 10, 12, 14, 16)
PIXEL_DIFFERENCES = (0.4, 0.45, 0.5, 0.55, 0.6)
MAX_PIXELS = 10**8
HASHES = pa.schema([field for field in SCHEMA if field.name.startswith("phash")])


class Copy(NamedTuple):
    """An original (`kind` is empty) or a copy of it, as a whole and without its frame."""

    path: str
    kind: str
    found: Inspection
    pixels: np.ndarray
    unframed_pixels: np.ndarray


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
    for degrees in (90, 180, 270):
        yield f"turned by {degrees} degrees", encode(image.rotate(degrees, expand=True))
    yield "turned by 90 degrees, half the size", encode(scaled(image.rotate(90, expand=True), 0.5))
    yield "upside down", encode(ImageOps.flip(image))
    for color, share in (("white", 0.03), ("black", 0.05), ("white", 0.1), ("red", 0.1)):
        border = ImageOps.expand(image, round(share * image.width), color)
        yield f"{color} border of {share:.0%}", encode(border)
    width, height = image.size
    wide = (max(width, round(height * 21 / 9)), max(height, round(width * 9 / 21)))
    yield "letterboxed to 21:9", encode(ImageOps.pad(image, wide))
    tall = (max(width, round(height * 9 / 16)), max(height, round(width * 16 / 9)))
    yield "letterboxed to 9:16", encode(ImageOps.pad(image, tall))
    for color, above in (("white", False), ("black", True)):
        yield f"captioned {'above' if above else 'below'}", encode(captioned(image, color, above))
    yield "a caption over the lowest fifth", encode(captioned(image, None, False))


def captioned(image: Image.Image, ground: str | None, above: bool) -> Image.Image:
    """Add a strip with text; without a ground the text is written over the image."""
    width, height = image.size
    strip = round(0.15 * height)
    size = (width, height + strip) if ground else image.size
    with_text = Image.new("RGB", size, ground or "white")
    with_text.paste(image, (0, strip if above else 0))
    ImageDraw.Draw(with_text).text(
        (width / 2, strip / 2 if above else size[1] - strip / 2),
        "What the picture shows",
        fill="black" if ground == "white" else "white",
        font=ImageFont.load_default(size=max(8, strip // 2)),
        anchor="mm",
    )
    return with_text


def described(path: str, kind: str, data: bytes) -> Copy:
    whole, unframed = thumbnail(data), thumbnail(data, unframed=True)
    return Copy(path, kind, inspect(data, MAX_PIXELS), whole, unframed)


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
    hashes = pa.Table.from_pylist([image.found._asdict() for image in images], HASHES)
    thumbnails = Thumbnails()
    for place, picture in enumerate(
        [image.pixels for image in images] + [image.unframed_pixels for image in images]
    ):
        thumbnails[place] = picture

    def with_an_original(bits: int) -> Pairs:
        pairs = candidates(hashes, bits, workers)
        one, other = (kind[views % len(images)] for views in (pairs.one, pairs.other))
        return pairs.take((one == "") != (other == ""))

    alike, difference = compare(thumbnails, with_an_original(max(HASH_DISTANCES)), workers)
    near = {bits: alike.isin(with_an_original(bits)) for bits in HASH_DISTANCES}
    one, other = alike.one % len(images), alike.other % len(images)
    of = np.where(kind[one] == "", kind[other], kind[one])
    true = path[one] == path[other]
    as_a_whole = (alike.orientation <= 2) & (np.maximum(alike.one, alike.other) < len(images))
    originals = int((kind == "").sum())
    kinds = [name for name in dict.fromkeys(kind.tolist()) if name]
    unlike = len(kinds) * originals * (originals - 1)

    def linked(bits: int, pixels: float, among: np.ndarray) -> np.ndarray:
        """Positions of the linked pairs, each pair of images once."""
        chosen = np.flatnonzero(near[bits] & (difference <= pixels) & among)
        ends = np.sort([one[chosen], other[chosen]], axis=0)
        first: np.ndarray = chosen[np.unique(ends, axis=1, return_index=True)[1]]
        return first

    print(
        f"{originals} originals, {len(kinds) * originals} true pairs, {unlike} of unlike images\n"
    )
    print("precision / recall, over all kinds of copies; rows: bits, columns: pixel difference")
    print("bits  " + "".join(f"{pixels:>16}" for pixels in PIXEL_DIFFERENCES))
    everything = np.ones(len(one), bool)
    for bits in HASH_DISTANCES:
        cells = []
        for pixels in PIXEL_DIFFERENCES:
            hits = true[linked(bits, pixels, everything)]
            cells.append(f"{hits.mean():.4f} / {hits.sum() / len(kinds) / originals:.4f}")
        print(f"{bits:>4}  " + "".join(f"{cell:>16}" for cell in cells))
    print(
        "\nby kind of copy, at the default hash distance: recall by pixel difference; precision at"
    )
    print("the default; recall there without turned pairs and frames")
    for name in kinds:
        of_kind = of == name
        shares = []
        for pixels in PIXEL_DIFFERENCES:
            chosen = linked(DEFAULT.max_hash_distance, pixels, of_kind)
            shares.append(true[chosen].sum() / originals)
        hits, whole = (
            true[linked(DEFAULT.max_hash_distance, DEFAULT.max_pixel_difference, among)]
            for among in (of_kind, of_kind & as_a_whole)
        )
        print(
            f"{name:<38}" + "".join(f"{share:>8.3f}" for share in shares),
            f"| {hits.mean():.4f} | {whole.sum() / originals:.3f}",
        )
    print("\nunlike images linked at the default thresholds (look at them)")
    chosen = linked(DEFAULT.max_hash_distance, DEFAULT.max_pixel_difference, ~true)
    print("\n".join(sorted({f"  {path[one[k]]} {path[other[k]]}" for k in chosen})))


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

    def flipped(hashes: dict[str, int], bits: int) -> dict[str, int]:
        mask = sum(1 << bit for bit in choice.choice(64, bits, replace=False).tolist())
        return {name: phash ^ mask for name, phash in hashes.items()}

    of, hashes = 0, dict.fromkeys(HASHES.names, 0)
    for number in range(images):
        if number % 20 == 19:
            hashes = flipped(hashes, 2)
        else:
            of = number % len(found)
            bits = 10 if number >= len(found) else 0
            hashes = flipped({name: getattr(found[of], name) for name in HASHES.names}, bits)
            if bits:
                of = int(choice.choice(of_class[files[of].parent.name]))
        yield {
            **found[of]._asdict(),
            "id": hashlib.sha256(str(number).encode()).hexdigest(),
            "path": f"{number:06d}.jpg",
            "label": None,
            "source": f"{number:06d}.jpg",
            "source_split": None,
            **hashes,
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
