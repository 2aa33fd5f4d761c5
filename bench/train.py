"""How fast training is, end to end, against a plain loop over loose files.

    python -m bench.train FOLDER [--backbone resnet18] [--batch 32] [--steps 20] [--runs 3]

FOLDER is a folder of class folders. Three ways, in turn, run after run, each in a process of its
own; medians are printed:

- plain: `torchvision.datasets.ImageFolder`, a `DataLoader` and the steps of torchvision's reference
  (references/classification), with random crops and mirror images.
- bare: the steps of the plain loop, fed from the image store by this project's loader.
- stage: what the stage `train` does: as bare, and seeds, gradient norm, progress, checkpoints.

`stage / plain` is the speed-up; `bare / stage - 1`, the overhead, is what loop, logging and one
checkpoint cost; with `--steps 100` that is the default's share of checkpoints.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, RandomSampler

from bench.fresh_process import in_fresh_process
from bench.project import stage_command, write_project
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.batches import ShuffledBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import Batch, load_batches
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.model.compute import accelerator, autocast, fix_compute
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.preprocessing import ImageSize
from lookalike.model.vision import v2
from lookalike.train.data import Subset, TrainingData
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.recipe.augmentation import augmentation
from lookalike.train.resources import Records, Resources
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.training_run import TrainingRun

SMALLEST_CROP = 0.35
WAYS = ("plain", "bare", "stage")


def main() -> None:
    parser = argparse.ArgumentParser(description="end-to-end throughput of training")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        write_project(Path(temporary), f"ingest: {{source: {options.folder.resolve()}}}\n")
        subprocess.run(stage_command("ingest"), cwd=temporary, check=True)
        bench = Bench(options, Path(temporary))
        print(f"{options.backbone} at {options.size}, batches of {options.batch}, images a second")
        print("| precision | plain fp32 | bare | stage | stage / plain | overhead |")
        print("|---|---:|---:|---:|---:|---:|")
        for precision in ("fp32", "bf16"):
            base = BaseParams(precision=precision, threads=options.threads)
            runs = [[bench.rate(way, base) for way in WAYS] for _ in range(options.runs)]
            plain, bare, stage = map(statistics.median, zip(*runs, strict=True))
            print(
                f"| {precision} | {plain:.1f} | {bare:.1f} | {stage:.1f} | {stage / plain:.2f} "
                f"| {bare / stage - 1:.1%} |",
                flush=True,
            )


class Bench:
    """The ways to train, each giving images a second over the same number of steps."""

    def __init__(self, options: Any, scratch: Path) -> None:
        self.options, self.scratch = options, scratch
        labels = self.images.metadata["label"].to_pylist()
        self.classes = sorted(set(labels))
        self.targets = [self.classes.index(label) for label in labels]
        self.rows = list(range(len(labels)))

    @property
    def images(self) -> ImageStore:
        """Opened where it is used: each way runs in a process of its own."""
        return ImageStore(self.scratch / "data" / "images")

    @property
    def count(self) -> int:
        """How many images are learned from."""
        return int(self.options.steps * self.options.batch)

    def rate(self, way: str, base: BaseParams) -> float:
        """Images a second of one way, in a process that nothing else has set up."""
        return float(in_fresh_process(getattr(self, way), base))

    def plain(self, base: BaseParams) -> float:
        """Loose files in fp32, as torchvision's reference reads them; normalized by the network."""
        from torchvision.datasets import ImageFolder

        options = self.options
        torch.set_num_threads(base.threads)
        transform = v2.Compose(
            [
                v2.RandomResizedCrop(options.size, scale=(SMALLEST_CROP, 1.0)),
                v2.RandomHorizontalFlip(),
                v2.PILToTensor(),
            ]
        )
        files = ImageFolder(str(options.folder), transform)
        loader = DataLoader(
            files,
            options.batch,
            sampler=RandomSampler(files, num_samples=self.count),
            num_workers=options.workers,
            pin_memory=torch.cuda.is_available(),
        )
        return self._rate(loader, "fp32")

    def bare(self, base: BaseParams) -> float:
        """This project's data path, and nothing but steps."""
        fix_compute(base.threads, base.seed)
        size = ImageSize(resize=round(self.options.size * 8 / 7), crop=self.options.size)
        data = ImageDataset(
            self.images,
            self.rows[: self.count],
            self.targets[: self.count],
            augmentation(size, TrainParams(smallest_crop=SMALLEST_CROP), mean=[]),
        )
        batches = ShuffledBatches(self.count, self.options.batch, seed=0)
        return self._rate(load_batches(data, batches, self.options.workers), base.precision)

    def stage(self, base: BaseParams) -> float:
        """What the stage does in an epoch."""
        options = self.options
        fix_compute(base.threads, base.seed)
        params = TrainParams(
            backbone=options.backbone,
            image_size=options.size,
            batch_size=options.batch,
            epochs=1,
            warmup_epochs=0.0,
            optimizer="sgd",
            smallest_crop=SMALLEST_CROP,
        )
        train = Subset(self.rows[: self.count], self.targets[: self.count])
        valid = Subset(self.rows[: options.batch], self.targets[: options.batch])
        data = TrainingData(self.images, self.classes, train, valid, held_out=frozenset())
        resources = Resources(
            launch(MachineParams(), base.precision), base.precision, options.workers
        )
        file = CheckpointFile(self.scratch / "checkpoints", "bench", options.steps)
        with training_log(self.scratch / "log") as log:
            records = Records(log, file)
            TrainingRun(params, data, base.seed, resources, records).fit()
        file.path.unlink()
        return float(records.timings.summary()["images_per_second"])

    def _rate(self, batches: Iterable[Batch], precision: str) -> float:
        device = accelerator()
        network = EmbeddingNetwork(self.options.backbone, 384, len(self.classes)).to(device).train()
        network.mean.fill_(0.45)
        network.std.fill_(0.22)
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
        loss_of = nn.CrossEntropyLoss()
        start, images = time.perf_counter(), 0
        for pixels, targets in batches:
            pixels = pixels.to(device, non_blocking=True)
            targets = targets.to(device, non_blocking=True)
            with autocast(precision, device):
                loss = loss_of(network(pixels).logits.float(), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()  # as the reference's metric logger
            images += len(targets)
        return images / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
