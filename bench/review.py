"""How many wrong labels a review finds, and whether drift is noticed where there is some.

    python -m bench.review PROJECT [--seeds 5] [--splits 60] [--without BACKGROUND_Google]

PROJECT is a folder in which ingest and embed have run, as for docs/review.md: the preset
caltech101 with train.epochs: 0. Labels: a share of them is replaced by others, drawn at random;
precision is given at a recall of 0.9, recall at a precision of 0.8, and both for what the review
lists. Drift: 1,000 random images against 2,000 others, all without one class. As they are, they
should not differ; with 50 of them replaced by images of that class they should, and those should be
the most novel (area under the ROC curve).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from lookalike.core.layout import Layout
from lookalike.core.seeds import seed_for
from lookalike.images.store import ImageStore
from lookalike.inference.embeddings import open_embeddings
from lookalike.review.drift import SIGNIFICANT, novelty
from lookalike.review.label_errors import find_label_errors
from lookalike.review.outliers import unit_vectors
from lookalike.review.two_sample import two_sample_test

SHARES = (0.01, 0.05, 0.2)
REFERENCE, NEW, FOREIGN = 2000, 1000, 50


def flipped(targets: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Targets of which a share is another class, drawn at random."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(targets), round(share * len(targets)), replace=False)
    classes = targets.max() + 1
    wrong = targets.copy()
    wrong[rows] = (targets[rows] + random.integers(1, classes, len(rows))) % classes
    return wrong


def label_errors(vectors: Tensor, targets: np.ndarray, share: float, seed: int) -> list[float]:
    """Precision at recall 0.9; recall at precision 0.8; how many are listed; their two."""
    wrong = flipped(targets, share, seed)
    errors = find_label_errors(vectors, torch.from_numpy(wrong))
    found = (wrong != targets)[errors.rows.numpy()].cumsum()
    precision = found / np.arange(1, len(found) + 1)
    recall = found / found[-1]
    at_recall = precision[recall >= 0.9].max()
    at_precision = recall[precision >= 0.8].max(initial=0.0)
    last = errors.number - 1
    return [at_recall, at_precision, errors.number, precision[last], recall[last]]


def drift(vectors: Tensor, targets: np.ndarray, seed: int) -> tuple[float, float, float]:
    """The p-values of a split as it is and with a foreign class; its area under the ROC curve."""
    random = np.random.default_rng(seed_for("bench drift", seed))
    large = np.flatnonzero(np.bincount(targets) >= FOREIGN)
    foreign = random.choice(large)
    others = random.permutation(np.flatnonzero(targets != foreign))
    reference, new = others[:REFERENCE], others[REFERENCE : REFERENCE + NEW]
    some = random.permutation(np.flatnonzero(targets == foreign))[:FOREIGN]
    mixed = np.concatenate([new[FOREIGN:], some])
    same = two_sample_test(vectors[reference], vectors[new], seed).p
    other = two_sample_test(vectors[reference], vectors[mixed], seed).p
    novelties = novelty(vectors[reference], vectors[mixed])[1]
    return same, other, float(roc_auc_score(np.arange(NEW) >= NEW - FOREIGN, novelties))


def print_label_errors(vectors: Tensor, targets: np.ndarray, seeds: int) -> None:
    """A line for each share of replaced labels, from the least to the highest over the seeds."""
    print("share | precision at recall 0.9 | recall at precision 0.8 | listed | precision | recall")
    for share in SHARES:
        rows = np.array([label_errors(vectors, targets, share, seed) for seed in range(seeds)])
        cells = [
            f"{low:.4g} to {high:.4g}"
            for low, high in zip(*np.quantile(rows, (0, 1), axis=0), strict=True)
        ]
        print(" | ".join([f"{share:.0%}", *cells]), flush=True)


def print_drift(vectors: Tensor, targets: np.ndarray, splits: int) -> None:
    """How many splits are called drift, and how far the foreign images are."""
    tests = np.array([drift(vectors, targets, seed) for seed in range(splits)])
    same, other = (tests[:, :2] < SIGNIFICANT).sum(axis=0)
    print(f"of {splits} splits p < {SIGNIFICANT}: {same} as they are, {other} with a class")
    areas = tests[:, 2]
    print(
        f"area under the ROC curve: mean {areas.mean():.3f}, least {areas.min():.3f}, "
        f"{(areas >= 0.9).sum()} of {splits} at least 0.9"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--splits", type=int, default=60)
    parser.add_argument("--without", default=None, help="a class to leave out")
    options = parser.parse_args()
    project = Layout(options.project)
    labels = np.array(ImageStore(project.images).metadata["label"].to_pylist())
    chosen = np.flatnonzero(labels != options.without)
    vectors = unit_vectors(open_embeddings(project.embeddings).vectors[chosen])
    targets = np.unique(labels[chosen], return_inverse=True)[1]
    print(f"{len(targets)} images, {targets.max() + 1} classes")
    if options.seeds:
        print_label_errors(vectors, targets, options.seeds)
    if options.splits:
        print_drift(vectors, targets, options.splits)


if __name__ == "__main__":
    main()
