"""How fast each engine embeds images, against the plain way: a loop in fp32 over `ImageFolder`.

    python -m bench.embed FOLDER [--backbone resnet18] [--weights FILE] [--images 256] [--rounds 3]

End to end from encoded images, at 224 pixels: FOLDER holds a folder for each class. `--computing
openvino:fp32 openvino:int8` chooses what is measured, `--help` lists the rest. Where there is a GPU
it is torch alone, in batches of 256; `torch:bf16:device` has the GPU decode. The plain loop and
each engine take turns, in every round all of them; rates are medians over the rounds, ratios
are medians of the ratio within each round. int8 is quantized on the training images of a split, as
the export stage does it. The bound is what the network's multiplications alone would take at the
speed of one large matrix product, measured by torch in fp32 or, for bf16 and int8, in bf16; the
other bound is what the workers decode, at the rate of one process that nothing disturbs, which does
not hold for images that a GPU decodes.
Retrieval is that of each image among all the others, by the backbone's own features. After 1% new
images, the others come from the embedding cache.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from bench.fresh_process import in_fresh_process
from bench.project import stage_command, write_project
from lookalike.core.choices import Engine, Precision
from lookalike.images.pixels import decode_pixels
from lookalike.images.store import ImageStore
from lookalike.inference.cache_key import CacheSettings
from lookalike.inference.embedder import Embedder
from lookalike.inference.engine_model import EngineModel, InferenceModel
from lookalike.inference.exported import read_export
from lookalike.inference.forward import forward
from lookalike.inference.inference_file import Inference, inference_of_graph
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.graph import open_graph
from lookalike.model.artifact import Model, load_model
from lookalike.model.compute import accelerator, fix_compute
from lookalike.model.network import normalize
from lookalike.model.transforms import evaluation_transform
from lookalike.model.vision import v2
from lookalike.retrieval.evaluation import evaluate_rankings

SIDE = 224
MATRIX = 4096
COMPUTING = (
    "torch:fp32",
    "torch:bf16",
    "openvino:fp32",
    "openvino:bf16",
    "openvino:int8",
    "onnxruntime:fp32",
)
ON_GPU = ("torch:fp32", "torch:bf16", "torch:bf16:device")
PRESENT = "torch:fp32"
DECODED = 64  # images that the bound of decoding is measured with


class Measured(NamedTuple):
    """Seconds of each round, and the embeddings, `[n, d]`, with the class number of each image."""

    seconds: list[float]
    embeddings: Tensor
    targets: Tensor

    @property
    def quality(self) -> dict[str, float | int]:
        """Retrieval of each image among all the others."""
        unit = normalize(self.embeddings)
        everyone = torch.arange(len(unit))
        return evaluate_rankings(unit, self.targets, unit, self.targets, everyone).summary()


def some_images(folder: Path, number: int, copy: Path) -> None:
    """Copy so many images, evenly spaced, in their class folders."""
    files = sorted(path for path in folder.rglob("*.jp*g") if path.is_file())
    for place in range(min(number, len(files))):
        path = files[place * len(files) // min(number, len(files))]
        target = copy / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def prepare(project: Path, options: argparse.Namespace) -> None:
    """Ingest the images, write the model artifact and its export, by the stages themselves."""
    quantized = any(name.endswith(":int8") for name in options.computing)
    inference = (
        f"{{engine: onnxruntime, precision: int8, calibration_images: {options.calibration}}}"
    )
    second = "null"
    if options.second_backbone is not None:
        second = f"{{name: {options.second_backbone}, weights: {options.second_weights}}}"
    params = (
        f"base: {{threads: {options.threads}, inference: "
        f"{inference if quantized else '{engine: torch}'}}}\n"
        "ingest: {source: photos}\n"
        f"train: {{epochs: 0, backbone: {options.backbone}, image_size: {SIDE}, "
        f"weights: {options.weights}, second_backbone: {second}}}\n"
    )
    write_project(project, params)
    for stage in ("ingest", "split", "train", "export"):
        subprocess.run(stage_command(stage), cwd=project, check=True)


def opened(project: Path, name: str, threads: int) -> Model:
    """The model, computed as a name such as `openvino:int8` or `torch:bf16:device` says."""
    engine, precision, *decode = name.split(":")
    numerics = Numerics(engine=cast(Engine, engine), precision=cast(Precision, precision))
    model = load_model(project / "models/model")
    if engine == "torch":
        model = model.in_precision(numerics.precision)
        if decode != ["device"]:
            return model
        return InferenceModel(model, Inference(numerics=numerics, decode="device"))
    export = project / "models/export"
    runtime = open_graph(export, model.fingerprint, numerics, threads)
    return EngineModel(model, inference_of_graph(read_export(export), numerics), runtime)


def plain(
    folder: Path, path: Path, batch: int, workers: int, threads: int
) -> tuple[float, Tensor, Tensor]:
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
    loader = DataLoader(ImageFolder(folder, transform), batch, num_workers=workers)
    embeddings, targets = [], []
    with torch.inference_mode():
        backbone(torch.zeros(batch, 3, SIDE, SIDE, device=device))  # start-up
        start = time.perf_counter()
        for images, numbers in loader:
            embeddings.append(backbone(images.to(device)).cpu())
            targets.append(numbers)
    return time.perf_counter() - start, torch.cat(embeddings), torch.cat(targets)


def bound(model: Model, precision: str) -> float:
    """Images a second, if all multiplications ran as fast as one large matrix product."""
    device = accelerator()
    with FlopCounterMode(display=False) as counter:
        forward(model, torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8))
    kind = torch.float32 if precision == "fp32" else torch.bfloat16
    square = torch.randn(MATRIX, MATRIX, device=device).to(kind)

    def product() -> None:
        (square @ square)[0, 0].item()

    product()
    fastest = min(timed(product)[0] for _ in range(5))
    return float(2 * MATRIX**3 / fastest / counter.get_total_flops())


def decoding_bound(model: Model, images: ImageStore, workers: int) -> float:
    """Images a second that the workers decode and resize, if each does as one alone."""
    transform = evaluation_transform(model.description.image_size)
    rows = range(min(len(images), DECODED))

    def decode() -> None:
        for row in rows:
            transform(decode_pixels(images.encoded(row), images.bands, max_pixels=None))

    decode()
    fastest = min(timed(decode)[0] for _ in range(3))
    return len(rows) / fastest * max(1, workers)


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def measure(
    project: Path, images: ImageStore, options: argparse.Namespace
) -> tuple[Measured, dict[str, Measured]]:
    """The plain loop, and each engine, in turns."""
    labels = images.metadata["label"].to_pylist()
    numbers = {label: n for n, label in enumerate(sorted(set(labels)))}
    targets = torch.tensor([numbers[label] for label in labels])
    embedders = {
        name: Embedder(opened(project, name, options.threads), options.batch, options.workers)
        for name in options.computing
    }
    for embedder in embedders.values():
        embedder.outputs(images, [0])  # start-up
    slow: list[float] = []
    seconds: dict[str, list[float]] = {name: [] for name in embedders}
    found: dict[str, Tensor] = {}
    arguments = (options.batch, options.workers, options.threads)
    for _ in range(options.rounds):
        taken, plainly, plain_targets = in_fresh_process(
            plain, project / "photos", project / "models/model", *arguments
        )
        slow.append(taken)
        for name, embedder in embedders.items():
            taken, output = timed(partial(embedder.outputs, images))
            embeddings = output.embeddings
            seconds[name].append(taken)
            if not torch.equal(found.setdefault(name, embeddings), embeddings):
                raise SystemExit(f"{name}: other bytes in another round")
    return (
        Measured(slow, plainly, plain_targets),
        {name: Measured(seconds[name], found[name], targets) for name in embedders},
    )


def after_new_images(project: Path, images: ImageStore, options: argparse.Namespace) -> None:
    """Print what the first engine takes where 99% of the images come from the cache."""
    name = options.computing[0]
    model = opened(project, name, options.threads)
    cache = CacheSettings(project / "cache", 1.0)
    embedder = Embedder(model, options.batch, options.workers, cache)
    rows = range(len(images))
    whole, before = timed(lambda: Embedder(model, options.batch, options.workers).embed(images))
    embedder.outputs(images, rows[: -max(1, len(rows) // 100)])
    again, cached = timed(lambda: embedder.embed(images))
    same = "the same bytes" if (cached == before).all() else "OTHER BYTES"
    print(f"{name} after 1% new images: {again / whole:.1%} of the time, {same}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--weights", default="none", help="none, imagenet or a file")
    parser.add_argument("--second-backbone", help="one that stands beside the first")
    parser.add_argument("--second-weights", default="none", help="likewise")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    has_gpu = accelerator().type == "cuda"
    computing = list(ON_GPU if has_gpu else COMPUTING)
    parser.add_argument(
        "--computing", nargs="+", default=computing, metavar="ENGINE:PRECISION[:device]"
    )
    parser.add_argument("--calibration", type=int, default=300, help="images that int8 learns from")
    parser.add_argument("--batch", type=int, default=256 if has_gpu else 32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch)
        some_images(options.folder.resolve(), options.images, project / "photos")
        prepare(project, options)
        fix_compute(options.threads)
        images = ImageStore(project / "data/images")
        loop, engines = measure(project, images, options)
        model = load_model(project / "models/model")
        bounds = {precision: bound(model, precision) for precision in ("fp32", "bf16")}
        bounds["int8"] = bounds["bf16"]
        decoded = decoding_bound(model, images, options.workers)
        after_new_images(project, images, options)

    n = len(images)
    print(
        f"{n} images, {options.backbone}, batches of {options.batch}, {options.threads} threads, "
        f"{options.workers} workers, {options.rounds} rounds; bound by a matrix product: "
        f"{bounds['fp32']:.0f} images/s in fp32, {bounds['bf16']:.0f} in bf16; by decoding: "
        f"{decoded:.0f}"
    )
    print("| | images/s | / plain loop | / torch:fp32 | of the bound | recall@1 | mAP@R |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    present = engines.get(PRESENT)
    for name, measured in {"plain fp32 loop": loop, **engines}.items():
        rate = n / median(measured.seconds)
        against = [
            "" if other is None else f"{_ratio(other, measured):.2f}" for other in (loop, present)
        ]
        share = bounds.get(name.split(":")[1]) if ":" in name else None
        cells = [f"{rate:.1f}", *against, "" if share is None else f"{rate / share:.0%}"]
        cells += [f"{measured.quality[metric]:.4f}" for metric in ("recall_at_1", "map_at_r")]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def _ratio(slower: Measured, faster: Measured) -> float:
    return median(s / f for s, f in zip(slower.seconds, faster.seconds, strict=True))


if __name__ == "__main__":
    main()
