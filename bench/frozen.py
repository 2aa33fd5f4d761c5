"""What keeping the features of a frozen backbone saves: epochs in which the heads learn alone.

    python -m bench.frozen FOLDER [--epochs 2 5 20] [--images 1000] [--runs 3]

FOLDER is a folder of class folders. Trains so many epochs with `train.freeze_epochs` as many, in
turns with features that are kept, which is what the stage does where nothing varies the images, and
with a backbone that sees each image in each epoch. Medians are printed; both have to end in the
same weights.
"""

import argparse
import hashlib
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from safetensors.torch import save

from bench.fresh_process import in_fresh_process
from bench.project import stage_command, write_project
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.model.compute import fix_compute
from lookalike.train import frozen_features
from lookalike.train.data import Subset, TrainingData
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.training_run import TrainingRun

BATCH = 32


def train(folder: Path, backbone: str, count: int, epochs: int, kept: bool) -> tuple[float, str]:
    """Seconds of a training, and the sha256 of its weights."""
    if not kept:
        frozen_features.MOST_BYTES = 0
    base = BaseParams(reproducible="machine")
    fix_compute(base.threads, base.seed)
    images = ImageStore(folder / "data" / "images")
    labels = images.metadata["label"].to_pylist()
    classes = sorted(set(labels))
    rows = list(range(0, len(labels), max(1, len(labels) // count)))[:count]
    targets = [classes.index(labels[row]) for row in rows]
    data = TrainingData(
        images, classes, Subset(rows, targets), Subset(rows[::10], targets[::10]), frozenset()
    )
    params = TrainParams(
        backbone=backbone,
        image_size=224,
        batch_size=BATCH,
        augment="none",
        epochs=epochs,
        freeze_epochs=epochs,
        warmup_epochs=0.0,
    )
    resources = Resources(launch(MachineParams()), base.precision, MachineParams().workers)
    with tempfile.TemporaryDirectory() as log_folder, training_log(Path(log_folder)) as log:
        run = TrainingRun(params, data, base.seed, resources, Records(log))
        start = time.perf_counter()
        trained = run.fit()
        seconds = time.perf_counter() - start
    weights = {name: tensor.contiguous() for name, tensor in trained.weights.items()}
    return seconds, hashlib.sha256(save(weights)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, nargs="+", default=[2, 5, 20])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.backbone} at 224, {options.images} images, seconds")
    print("| epochs | each image in each epoch | kept features | times faster |")
    print("|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="lookalike-bench-") as temporary:
        folder = Path(temporary)
        write_project(folder, f"ingest: {{source: {options.folder.resolve()}}}\n")
        subprocess.run(stage_command("ingest"), cwd=folder, check=True)
        for epochs in options.epochs:
            job = folder, options.backbone, options.images, epochs
            runs = [
                [in_fresh_process(train, *job, kept) for kept in (False, True)]
                for _ in range(options.runs)
            ]
            if len({weights for run in runs for _, weights in run}) > 1:
                raise SystemExit("the two ways end in different weights")
            times = [[seconds for seconds, _ in run] for run in runs]
            plain, kept = map(statistics.median, zip(*times, strict=True))
            ratio = statistics.median(first / second for first, second in times)
            print(f"| {epochs} | {plain:.1f} | {kept:.1f} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
