"""What each ingredient of a recipe is worth, on validation images alone.

    python -m bench.ablation IMAGES SPLIT [--weights FILE] [--seeds 3] [--set lr=0.03 ...]
        [--train-per-class 15] [--valid-step 2]

IMAGES and SPLIT are those that the ingest and split stages wrote; the last two options make do with
some of the training images of each class, and every n-th validation image. The base is the
`train` block of params.yaml; each line of the table changes one thing of it, and lines that change
nothing are left out. Every training adds a line to the file of results, and what stands there is
not measured again: stop it and start it as you like. Test images are never looked at.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from ruamel.yaml import YAML
from scipy.stats import t

from lookalike.core.params import BaseParams, MachineParams, read_params
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.inference.devices import launch
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import Model, build_network
from lookalike.model.compute import fix_compute
from lookalike.model.network import normalize
from lookalike.retrieval.evaluation import evaluate_rankings
from lookalike.train.data import TrainingData, training_data
from lookalike.train.log import training_log
from lookalike.train.params import TrainParams
from lookalike.train.resources import Records, Resources
from lookalike.train.training_run import TrainingRun

RECIPES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "backbone faster": {"backbone_lr_scale": 0.3},
    "backbone slower": {"backbone_lr_scale": 0.03},
    "as large as in search": {"train_image_size": None},
    "center crop": {"resize": None},
    "squash": {"resize": "squash"},
    "larger crops": {"smallest_crop": 0.8},
    "no augmentation": {"augment": "none"},
    "strong": {"augment": "strong"},
    "trivialaugment": {"augment": "trivialaugment"},
    "randaugment": {"augment": "randaugment"},
    "random erasing": {"random_erasing": 0.25},
    "mixup": {"mixup": 0.2},
    "cutmix": {"cutmix": 1.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "bce": {"loss": "bce"},
    "arcface added": {"added_loss": "arcface", "added_loss_weight": 0.1},
    "supcon added": {"added_loss": "supcon", "sampling": "pk"},
    "supcon alone": {"loss": "supcon", "sampling": "pk"},
    "class-balanced": {"sampling": "class_balanced"},
    "adamw": {"optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.05},
    "sgd": {"optimizer": "sgd", "lr": 0.03, "weight_decay": 5e-4},
    "one cycle": {"schedule": "one_cycle"},
    "average": {"ema_decay": 0.99},
    "heads first": {"freeze_epochs": 1},
    "heads and backbone at once": {"freeze_epochs": 0},
    "frozen batch norm": {"freeze_batchnorm": True},
    "batch norm learns": {"freeze_batchnorm": False},
    "linear head": {"head": "linear"},
    "mlp head": {"head": "mlp"},
    "dropout": {"head_dropout": 0.2},
    "clipping": {"gradient_clip": 1.0},
}
METRICS = ("accuracy", "balanced_accuracy", "recall_at_1", "map_at_r")


def measure(params: TrainParams, base: BaseParams, data: TrainingData) -> Any:
    """Train, and look at the validation images."""
    workers = read_params(MachineParams).workers
    fix_compute(base.threads, base.seed)
    with tempfile.TemporaryDirectory() as folder, training_log(Path(folder) / "log") as log:
        resources = Resources(launch(MachineParams(), base.precision), base.precision, workers)
        trained = TrainingRun(params, data, base.seed, resources, Records(log)).fit()
    network = build_network(trained.description)
    network.load_state_dict(trained.weights)
    model = Model(trained.description, network)
    output = Embedder(model, params.batch_size, workers).outputs(data.images, data.valid.rows)
    assert output.logits is not None
    targets = torch.tensor(data.valid.targets)
    right = (output.logits.argmax(dim=1) == targets).double()
    unit = normalize(output.embeddings)
    itself = torch.arange(len(targets))
    retrieval = evaluate_rankings(unit, targets, unit, targets, query_rows=itself).summary()
    return {
        "accuracy": float(right.mean()),
        "balanced_accuracy": statistics.fmean(
            float(right[targets == number].mean()) for number in targets.unique()
        ),
        **{name: retrieval[name] for name in ("recall_at_1", "map_at_r")},
    }


def thinned(
    split: list[SplitImage], images: ImageStore, train_per_class: int | None, valid_step: int
) -> list[SplitImage]:
    """Fewer images; their ids, which are hashes, decide which."""
    ids = images.ids
    by_id = sorted(split, key=lambda image: ids[image.row])
    valid = [image.row for image in by_id if image.split == "valid"]
    kept = set(valid[::valid_step])
    train: dict[str, list[int]] = {}
    for image in by_id:
        if image.split == "train":
            train.setdefault(image.label, []).append(image.row)
    kept.update(row for rows in train.values() for row in rows[:train_per_class])
    return [image for image in split if image.row in kept]


def missing(done: list[Any], seeds: int, names: list[str]) -> Iterator[tuple[str, int]]:
    """Which trainings have no result yet: all recipes with a seed before the next seed."""
    known = {(line["recipe"], line["seed"]) for line in done}
    for seed in range(seeds):
        yield from ((name, seed) for name in names if (name, seed) not in known)


def table(done: list[Any], names: list[str]) -> str:
    """Means over the seeds with 95% intervals (Student's t), in percent."""
    lines = [f"| recipe | seeds | {' | '.join(METRICS)} |", "|---" * (2 + len(METRICS)) + "|"]
    for name in names:
        runs = [line["metrics"] for line in done if line["recipe"] == name]
        cells = [_interval([100 * run[metric] for run in runs]) for metric in METRICS]
        lines.append(f"| {name} | {len(runs)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _interval(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.1f}" if values else ""
    half = t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{statistics.fmean(values):.1f} ± {half:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--weights", default=None)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--train-per-class", type=int, default=None)
    parser.add_argument("--valid-step", type=int, default=1)
    parser.add_argument("--results", type=Path, default=Path(".cache/ablation.jsonl"))
    parser.add_argument("--only", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()

    changes = dict(change.split("=", 1) for change in options.set)
    changes = {name: YAML(typ="safe", pure=True).load(value) for name, value in changes.items()}
    if options.weights is not None:
        changes |= {"weights": options.weights, "weights_sha256": None}
    base_recipe = read_params(TrainParams).model_dump() | changes
    base = read_params(BaseParams)
    images = ImageStore(options.images)
    split = read_split(options.split, images)
    few = thinned(split, images, options.train_per_class, options.valid_step)
    data = training_data(images, few)
    names = [
        name
        for name in options.only
        if not RECIPES[name]
        or any(base_recipe[key] != value for key, value in RECIPES[name].items())
    ]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.touch()
    done = [json.loads(line) for line in options.results.read_text().splitlines()]
    for name, seed in missing(done, options.seeds, names):
        params = TrainParams.model_validate(base_recipe | RECIPES[name])
        metrics = measure(params, base.model_copy(update={"seed": seed}), data)
        done.append({"recipe": name, "seed": seed, "metrics": metrics})
        with options.results.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(done[-1], flush=True)
    print(table(done, names))


if __name__ == "__main__":
    main()
