"""How often `lookalike compare` takes chance for progress, and whether it misses a real loss.

    python -m bench.compare [--seeds 20] [--epochs 30] [--spoiled-epochs 4]

Trains a small network on 600 of scikit-learn's digits, once a seed, and tests it on the other
1,197. Each seed is compared with the next, the last with the first: a pair of trainings of one
recipe. Then each seed is compared with a recipe that is spoiled by too few epochs. Prints the
standard deviation between seeds, and how many pairs are called better or worse by each metric.
"""

import argparse
from collections import Counter

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lookalike.compare.paired import METRICS, differences
from lookalike.compare.query import Query
from lookalike.model.network import normalize
from lookalike.retrieval.evaluation import evaluate_rankings

TRAIN_IMAGES = 600
BATCH = 32
LEARNING_RATE = 2e-3


class Digits:
    """The digits, shuffled: images `[n, 1, 8, 8]` and their classes `[n]`."""

    def __init__(self) -> None:
        digits = load_digits()
        order = torch.randperm(len(digits.target), generator=torch.Generator().manual_seed(0))
        self.images = torch.tensor(digits.images / 16, dtype=torch.float32)[order, None]
        self.targets = torch.tensor(digits.target)[order]

    def tested(self, seed: int, epochs: int) -> dict[str, Query]:
        """Train with a seed, and say what became of each test image."""
        embed, classify = _trained(self, seed, epochs)
        targets = self.targets[TRAIN_IMAGES:]
        with torch.no_grad():
            embeddings = embed(self.images[TRAIN_IMAGES:])
            predicted = classify(embeddings).argmax(dim=1)
        unit, itself = normalize(embeddings), torch.arange(len(targets))
        scores = evaluate_rankings(unit, targets, unit, targets, itself).scores
        right = (predicted == targets).float().tolist()
        recall, precision = scores["recall_at_1"].tolist(), scores["map_at_r"].tolist()
        return {
            f"{n:04d}": Query(f"{n}.png", str(label), None, None, right[n], recall[n], precision[n])
            for n, label in enumerate(targets.tolist())
        }


def _trained(digits: Digits, seed: int, epochs: int) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(seed)
    embed = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 32)),
    )
    classify = nn.Linear(32, 10)
    weights = [*embed.parameters(), *classify.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=LEARNING_RATE, weight_decay=0.05)
    steps = epochs * -(-TRAIN_IMAGES // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps)
    for _ in range(epochs):
        for rows in torch.randperm(TRAIN_IMAGES).split(BATCH):
            loss = cross_entropy(classify(embed(digits.images[rows])), digits.targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return embed, classify


def means(tables: list[dict[str, Query]]) -> Tensor:
    """The metrics of each table, `[tables, metrics]`."""
    return torch.tensor(
        [
            [sum(getattr(q, metric) for q in table.values()) / len(table) for metric in METRICS]
            for table in tables
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--spoiled-epochs", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    digits = Digits()
    one = [digits.tested(seed, options.epochs) for seed in range(options.seeds)]
    spoiled = [digits.tested(seed, options.spoiled_epochs) for seed in range(options.seeds)]
    deviation = dict(zip(METRICS, means(one).std(dim=0).tolist(), strict=True))
    print("standard deviation between seeds:", deviation)
    print("spoiled by, in points:", (100 * (means(one) - means(spoiled)).mean(dim=0)).tolist())
    for title, others in (("the next seed", [*one[1:], one[0]]), ("the spoiled recipe", spoiled)):
        for noise_title, noise in (("images and seeds", deviation), ("images alone", {})):
            verdicts = Counter(
                (metric, found.verdict)
                for before, after in zip(one, others, strict=True)
                for metric, found in differences(before, after, noise).items()
            )
            print(f"against {title}, by the chance of {noise_title}:")
            for metric in METRICS:
                called = verdicts[metric, "better"], verdicts[metric, "worse"]
                print(f"  {metric}: {called[0]} better, {called[1]} worse of {len(one)}")


if __name__ == "__main__":
    main()
