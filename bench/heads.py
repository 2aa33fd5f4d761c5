"""What heads, losses and schedules are worth over frozen features, of one backbone or of two.

    python -m bench.heads PROJECT [--beside PROJECT [--one-head]] [--teacher PROJECT]
        [--seeds 3] [--only RECIPE ...]

PROJECT is one whose embed stage has run with `train.epochs: 0`: its embeddings are the features,
and heads learn from them in seconds, without augmentation. Each line of the table changes something
of the first; the last is what the preset `caltech101` does. `--beside` adds a backbone
with a head of its own, whose embeddings stand beside the first one's; `--one-head` gives both the
same head. With `--teacher`, a project whose embed stage has run with a trained model, embeddings
also learn to point where the teacher's do. Measured on validation images; `--on test` is for the
recipe that they have chosen.
"""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.ablation import missing, table
from lookalike.core.layout import Layout
from lookalike.evaluate.intervals import macro_recall_interval, mean_interval
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.inference.embeddings import open_embeddings
from lookalike.model.compute import fix_compute
from lookalike.model.head import build_head
from lookalike.model.network import EmbeddingNetwork, Output, normalize
from lookalike.retrieval.evaluation import evaluate_rankings
from lookalike.train.params import TrainParams
from lookalike.train.recipe.optimizer import make_optimizer
from lookalike.train.recipe.recipe import Recipe
from lookalike.train.recipe.sampling import make_sampler
from lookalike.train.recipe.schedule import make_schedule

BASE: dict[str, Any] = {
    "head": "mlp",
    "label_smoothing": 0.1,
    "lr": 0.001,
    "warmup_epochs": 0.5,
    "epochs": 10,
    "batch_size": 32,
}
TEACHING = 10.0  # of 1, 10 and 30 the best on validation images

PROXIES = {"added_loss": "proxy_anchor", "proxy_lr_scale": 10.0}

RECIPES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "linear head": {"head": "linear"},
    "dropout": {"head_dropout": 0.2},
    "no label smoothing": {"label_smoothing": 0.0},
    "bce": {"loss": "bce"},
    "arcface added": {"added_loss": "arcface", "added_loss_weight": 0.1},
    "proxy_anchor added": PROXIES,
    "proxy_anchor, class-balanced": PROXIES | {"sampling": "class_balanced"},
    "proxy_anchor, batches of 128": PROXIES | {"batch_size": 128, "lr": 2e-3},
    "proxy_anchor, average": PROXIES | {"ema_decay": 0.999},
    "proxy_anchor, dropout": PROXIES | {"head_dropout": 0.3},
    "proxy_anchor, dropout, 20 epochs": PROXIES | {"head_dropout": 0.3, "epochs": 20},
    "proxy_anchor, more dropout, 30 epochs": PROXIES | {"head_dropout": 0.5, "epochs": 30},
    "supcon added": {"added_loss": "supcon", "sampling": "pk"},
    "supcon alone": {"loss": "supcon", "sampling": "pk"},
    "proxy_anchor alone": {"loss": "proxy_anchor", "proxy_lr_scale": 10.0},
    "class-balanced": {"sampling": "class_balanced"},
    "average": {"ema_decay": 0.999},
    "batches of 128": {"batch_size": 128, "lr": 2e-3},
    "30 epochs": {"epochs": 30},
    "proxy_anchor, dropout, 30 epochs": PROXIES | {"head_dropout": 0.3, "epochs": 30},
}


class Subset(NamedTuple):
    """Rows of the embeddings, and their class numbers, int64 `[n]`."""

    rows: Tensor
    targets: Tensor


def subset(split: list[SplitImage], name: str) -> Subset:
    """The images of a subset; classes are numbered in alphabetical order."""
    labels = sorted({image.label for image in split})
    chosen = [image for image in split if image.split == name]
    numbers = [labels.index(image.label) for image in chosen]
    return Subset(torch.tensor([image.row for image in chosen]), torch.tensor(numbers))


def features(project: Path) -> Tensor:
    """The embeddings of all images, `[n, d]`, of the mean length 1."""
    vectors: Tensor = torch.tensor(open_embeddings(Layout(project).embeddings).vectors)
    length: Tensor = vectors.norm(dim=1).mean()
    return vectors / length


def fitted(
    params: TrainParams,
    seen: Tensor,
    targets: Tensor,
    classes: int,
    seed: int,
    taught: Tensor | None = None,
) -> EmbeddingNetwork:
    """A head and a classifier, trained as the train stage does while the backbone is frozen.

    Args:
        params: the recipe.
        seen: features, `[n, d]`.
        targets: class numbers, int64 `[n]`.
        classes: how many there are.
        seed: of everything random.
        taught: a teacher's embeddings of the same images, of the length of the head's: the cosine
            of each with its own is added to the loss (Romero et al., "FitNets", 2015).
    """
    torch.manual_seed(seed)
    network = EmbeddingNetwork("cnn:8", params.embedding_dim, classes)
    network.backbone = nn.Identity()
    network.embedding = build_head(params.head, seen.shape[1], params.embedding_dim)
    recipe = Recipe(network, params, classes, seed)
    sampled = make_sampler(targets.tolist(), params, params.batch_size, seed)
    optimizer = make_optimizer(network, recipe.objective, params)
    schedule = make_schedule(optimizer, params, params.epochs, len(sampled))
    for epoch in range(1, params.epochs + 1):
        recipe.freezing.train(epoch)
        sampled.set_epoch(epoch)
        for items in sampled:
            rows = torch.tensor([position for _, position in items])
            output = network(seen[rows])
            loss = recipe.objective(output, targets[rows])
            if taught is not None:
                alike = functional.cosine_similarity(output.embeddings, taught[rows])
                loss = loss + TEACHING * (1 - alike).mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            if recipe.ema is not None:
                recipe.ema.update_parameters(network)
    result = recipe.result.eval()
    assert isinstance(result, EmbeddingNetwork)
    return result


@torch.inference_mode()
def together(networks: list[EmbeddingNetwork], seen: list[Tensor]) -> Output:
    """Models as one: embeddings one after the other, mean probabilities in the place of logits."""
    outputs = [network(vectors) for network, vectors in zip(networks, seen, strict=True)]
    embeddings = torch.cat([normalize(output.embeddings) for output in outputs], dim=1)
    logits = torch.stack([output.logits for output in outputs if output.logits is not None])
    return Output(normalize(embeddings), logits.softmax(dim=2).mean(dim=0))


def measured(output: Output, targets: Tensor) -> dict[str, dict[str, Any]]:
    """The figures of `bench.ablation`, and their 95% intervals over the images."""
    assert output.logits is not None
    predicted, itself, unit = output.logits.argmax(dim=1), torch.arange(len(targets)), output[0]
    ranked = evaluate_rankings(unit, targets, unit, targets, query_rows=itself, ranks=[1]).scores
    right = predicted == targets
    of_images = {"accuracy": right, **{name: ranked[name] for name in ("recall_at_1", "map_at_r")}}
    values = {name: scores.double().numpy() for name, scores in of_images.items()}
    balanced = torch.stack([right[targets == n].double().mean() for n in targets.unique()]).mean()
    between = macro_recall_interval(targets.numpy(), predicted.numpy(), draws=1000, seed=0)
    return {
        "metrics": {
            **{name: float(scores.mean()) for name, scores in values.items()},
            "balanced_accuracy": float(balanced),
        },
        "intervals": {
            **{name: mean_interval(scores, draws=1000, seed=0) for name, scores in values.items()},
            "balanced_accuracy": between,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--beside", type=Path, metavar="PROJECT")
    parser.add_argument("--one-head", action="store_true")
    parser.add_argument("--teacher", type=Path, metavar="PROJECT")
    parser.add_argument("--split", type=Path, help="another one than that of the project")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--on", choices=["valid", "test"], default="valid")
    parser.add_argument("--results", type=Path, default=Path(".cache/heads.jsonl"))
    options = parser.parse_args()
    fix_compute(torch.get_num_threads())
    layout = Layout(options.project)
    split = read_split(options.split or layout.split, ImageStore(layout.images))
    train, held_out = subset(split, "train"), subset(split, options.on)
    classes = len(train.targets.unique())
    seen = [features(path) for path in (options.project, options.beside) if path is not None]
    if options.one_head:
        seen = [torch.cat(seen, dim=1)]
    taught = None if options.teacher is None else features(options.teacher)[train.rows]
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.touch()
    done = [json.loads(line) for line in options.results.read_text().splitlines()]
    for name, seed in missing(done, options.seeds, options.only):
        params = TrainParams.model_validate(BASE | RECIPES[name])
        networks = [
            fitted(params, x[train.rows], train.targets, classes, seed, taught) for x in seen
        ]
        found = measured(together(networks, [x[held_out.rows] for x in seen]), held_out.targets)
        done.append({"recipe": name, "seed": seed, **found})
        with options.results.open("a") as file:
            file.write(json.dumps(done[-1]) + "\n")
        print(done[-1], flush=True)
    print(table(done, options.only))


if __name__ == "__main__":
    main()
