"""What whitening, flips, pooling and image size add to pretrained features, without any training.

    python -m bench.without_training IMAGES BACKBONE WEIGHTS [--size 224] [--cache FOLDER]

IMAGES holds a folder a class. Of each class 18 images are taken by the hash of their files: 8 to
learn the whitening from, 10 to search each other. Every line of the table is compared with the
first one on the same queries; intervals are of 95%, by bootstrap over the queries. Vectors are kept
in the cache.
"""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from lookalike.core.choices import Pooling
from lookalike.core.hashing import sha256_of_file
from lookalike.evaluate.intervals import mean_interval
from lookalike.images.decode import decode
from lookalike.inference.forward import forward
from lookalike.model.artifact import Model
from lookalike.model.compute import fix_compute
from lookalike.model.network import normalize
from lookalike.model.preprocessing import preprocess
from lookalike.retrieval.evaluation import evaluate_rankings
from lookalike.retrieval.whitening import learn_whitening
from lookalike.train.network import describe, starting_network
from lookalike.train.params import TrainParams

LEARNED_FROM, SEARCHED = 8, 10  # images of each class
BATCH = 16
WHITENED = (64, 128, 256, 512)


class Images(NamedTuple):
    """Files and the numbers of their classes."""

    paths: list[Path]
    targets: list[int]


class Embedder:
    """Pretrained features of files, kept in a cache."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.backbone, self.weights = options.backbone, options.weights
        self.cache = options.cache

    def vectors(
        self, images: Images, size: int, pooling: Pooling = "auto", flip: bool = False
    ) -> np.ndarray:
        """Embeddings `[n, d]` of images, or of their mirror images."""
        params = TrainParams(
            backbone=self.backbone,
            weights=str(self.weights),
            weights_sha256=sha256_of_file(self.weights),
            image_size=size,
            resize="squash",
            pooling=pooling,
            epochs=0,
        )
        asked = (params.model_dump_json(), flip, *map(str, images.paths))
        path = self.cache / f"{hashlib.sha256(repr(asked).encode()).hexdigest()}.npy"
        if not path.exists():
            description = describe(params, "fp32", [])
            network, _ = starting_network(description, params, frozenset(), self.cache)
            found = np.concatenate(list(_embedded(Model(description, network), images, flip)))
            np.save(path, found)
        vectors: np.ndarray = np.load(path)
        return vectors


def _embedded(model: Model, images: Images, flip: bool) -> Iterator[np.ndarray]:
    size = model.description.image_size
    for start in range(0, len(images.paths), BATCH):
        files = [path.read_bytes() for path in images.paths[start : start + BATCH]]
        pixels = np.stack([preprocess(decode(file), size) for file in files])
        if flip:
            pixels = np.ascontiguousarray(pixels[..., ::-1])
        yield forward(model, torch.from_numpy(pixels)).embeddings.numpy()


def chosen(root: Path) -> tuple[Images, Images]:
    """The images to learn a whitening from, and those that search each other."""
    learned_from, searched = Images([], []), Images([], [])
    folders = [path for path in sorted(root.iterdir()) if path.is_dir()]
    for target, folder in enumerate(
        folder for folder in folders if "BACKGROUND" not in folder.name
    ):
        files = sorted(folder.iterdir(), key=sha256_of_file)
        searched.paths.extend(files[:SEARCHED])
        learned_from.paths.extend(files[SEARCHED : SEARCHED + LEARNED_FROM])
        searched.targets.extend([target] * len(files[:SEARCHED]))
    return learned_from, searched


def scores(vectors: np.ndarray, images: Images) -> dict[str, np.ndarray]:
    """mAP@R and recall@1 of each image as a query against the others."""
    unit, targets = normalize(torch.from_numpy(vectors)), torch.tensor(images.targets)
    rows = torch.arange(len(unit))
    found = evaluate_rankings(unit, targets, unit, targets, rows, ranks=[1]).scores
    return {name: found[name].double().numpy() for name in ("map_at_r", "recall_at_1")}


def rows(
    options: argparse.Namespace, learned_from: Images, searched: Images
) -> Iterator[tuple[str, np.ndarray]]:
    """The vectors of each line of the table; the first is what the others are held against."""
    embedder, size = Embedder(options), options.size
    plain = embedder.vectors(searched, size)
    yield f"as it is, {size} px", plain
    training = embedder.vectors(learned_from, size)
    for dimension in WHITENED:
        yield f"whiten: {dimension}", learn_whitening(training, dimension)(plain)
    yield "pooling: gem", embedder.vectors(searched, size, "gem")
    both = _unit(plain) + _unit(embedder.vectors(searched, size, flip=True))
    yield "mean with the mirror image", both
    for other in (options.smaller, options.larger):
        yield f"{other} px", embedder.vectors(searched, other)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return normalize(torch.from_numpy(vectors)).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("backbone")
    parser.add_argument("weights", type=Path)
    parser.add_argument("--size", type=int, default=224, help="pixels, the weights' own")
    parser.add_argument("--smaller", type=int, default=160)
    parser.add_argument("--larger", type=int, default=288)
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"))
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    fix_compute(threads=2)
    print("| | mAP@R | gain | recall@1 | gain |")
    print("|---|---|---|---|---|")
    base: dict[str, np.ndarray] | None = None
    learned_from, searched = chosen(options.images)
    for name, vectors in rows(options, learned_from, searched):
        found = scores(vectors, searched)
        base = base or found
        cells = []
        for metric, values in found.items():
            low, high = mean_interval(values, draws=1000, seed=0)
            gained = values - base[metric]
            least, most = mean_interval(gained, draws=1000, seed=0)
            cells += [
                f"{values.mean():.3f} ({low:.3f} to {high:.3f})",
                f"{gained.mean():+.3f} ({least:+.3f} to {most:+.3f})",
            ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
