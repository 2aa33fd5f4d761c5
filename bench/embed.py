"""How fast images are embedded, against the plain way: a loop in fp32 over `ImageFolder`.

    python -m bench.embed FOLDER [--images 512] [--weights FILE] [--precision bf16]

ResNet-18 at 224 pixels, end to end from encoded images: FOLDER holds a folder for each class. The
bound is what the network's multiplications alone would take at the speed of one large matrix
product. After 1% new images, the others come from the embedding cache.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from bench.fresh_process import in_fresh_process
from lookalike.images.store import ImageStore
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.embedder import Embedder
from lookalike.inference.forward import forward
from lookalike.model.artifact import Model, load_model
from lookalike.model.compute import accelerator, fix_compute
from lookalike.model.network import normalize
from lookalike.model.vision import v2
from lookalike.retrieval.evaluation import evaluate_rankings

REPOSITORY = Path(__file__).parents[1]
BATCH = 32
SIDE = 224
MATRIX = 4096


def some_images(folder: Path, number: int, copy: Path) -> None:
    """Copy so many images, evenly spaced, in their class folders."""
    files = sorted(path for path in folder.rglob("*.jp*g") if path.is_file())
    for path in files[:: max(1, len(files) // number)][:number]:
        target = copy / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def prepare(project: Path, weights: str, precision: str) -> None:
    """Ingest the images and write the model artifact, by the stages themselves."""
    (project / "params.yaml").write_text(
        f"base: {{precision: {precision}}}\n"
        "ingest: {source: photos}\n"
        f"train: {{epochs: 0, image_size: {SIDE}, weights: {weights}}}\n"
    )
    for stage in ("ingest", "split", "train"):
        command = [sys.executable, str(REPOSITORY / "src" / f"{stage}.py")]
        subprocess.run(command, cwd=project, check=True)


def plain(folder: Path, path: Path, workers: int, threads: int) -> tuple[float, Tensor, Tensor]:
    """Seconds, embeddings and class numbers, as a tutorial computes them."""
    from torchvision.datasets import ImageFolder  # after lookalike.model.vision

    torch.set_num_threads(threads)
    model = load_model(path)
    size = model.description.image_size
    transform = v2.Compose(
        [
            *(v2.Resize(size.resize), v2.CenterCrop(size.crop), v2.PILToTensor()),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(model.description.mean, model.description.std),
        ]
    )
    device = accelerator()
    backbone = deepcopy(model.network.backbone).to(device)
    for parameter in backbone.parameters():  # channels first, as torchvision builds it
        parameter.data = parameter.data.contiguous()
    loader = DataLoader(ImageFolder(folder, transform), BATCH, num_workers=workers)
    embeddings, targets = [], []
    backbone(torch.zeros(BATCH, 3, SIDE, SIDE, device=device))  # start-up
    start = time.perf_counter()
    with torch.inference_mode():
        for images, numbers in loader:
            embeddings.append(backbone(images.to(device)).cpu())
            targets.append(numbers)
    return time.perf_counter() - start, torch.cat(embeddings), torch.cat(targets)


def bound(model: Model) -> float:
    """Images a second, if all multiplications ran as fast as one large matrix product."""
    device = accelerator()
    precision = model.description.precision
    with FlopCounterMode(display=False) as counter:
        forward(model, torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8))
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    square = torch.randn(MATRIX, MATRIX, device=device).to(kind)

    def product() -> None:
        (square @ square)[0, 0].item()

    product()
    fastest = min(timed(product)[0] for _ in range(5))
    return float(2 * MATRIX**3 / fastest / counter.get_total_flops())


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def scores(embeddings: Tensor, targets: Tensor) -> dict[str, float | int]:
    """Retrieval of each image among all the others."""
    unit = normalize(embeddings)
    return evaluate_rankings(unit, targets, unit, targets, torch.arange(len(unit))).summary()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--weights", default="none")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        some_images(options.folder.resolve(), options.images, project / "photos")
        prepare(project, options.weights, options.precision)
        fix_compute(options.threads)
        model, store = load_model(project / "models" / "model"), ImageStore(project / "data/images")
        metadata = store.metadata
        rows = list(range(len(metadata)))
        numbers = {label: n for n, label in enumerate(sorted(set(metadata["label"].to_pylist())))}
        targets = torch.tensor([numbers[label] for label in metadata["label"].to_pylist()])

        cache = CacheSettings(project / "cache", 1.0)
        embedder = Embedder(model, BATCH, options.workers, cache)
        forward(model, torch.zeros(BATCH, 3, SIDE, SIDE, dtype=torch.uint8))  # start-up
        plainly = Embedder(model, BATCH, options.workers)
        fast, embeddings = timed(lambda: plainly.outputs(store).embeddings)
        photos, path = project / "photos", project / "models" / "model"
        slow, peer, peer_targets = in_fresh_process(
            plain, photos, path, options.workers, options.threads
        )
        limit = bound(model)
        embedder.outputs(store, rows[: -max(1, len(rows) // 100)])
        again, cached = timed(lambda: embedder.outputs(store).embeddings)

    n = len(rows)
    print(f"{n} images, {options.precision}, {options.threads} threads, {options.workers} workers")
    print("| | images/s | |")
    print("|---|---|---|")
    print(f"| plain fp32 loop over ImageFolder | {n / slow:.1f} | |")
    print(f"| embed | {n / fast:.1f} | {slow / fast:.2f} times the plain loop |")
    print(f"| bound by a matrix product | {limit:.1f} | embed reaches {n / fast / limit:.0%} |")
    print(f"| embed after 1% new images | {n / again:.1f} | {again / fast:.1%} of the time |")
    print(f"the same bytes with the cache: {torch.equal(cached, embeddings)}")
    before, after = scores(peer, peer_targets), scores(embeddings, targets)
    for name in ("recall_at_1", "map_at_r"):
        print(f"{name}: {before[name]:.4f} plain, {after[name]:.4f} embed")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
