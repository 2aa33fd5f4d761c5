"""A project that can be reviewed."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import normalize

from lookalike.core.layout import Layout

HEADER = "path,id,action,label\n"


@pytest.fixture
def reviewed(tiny_project: Path, tiny_embeddings: Path) -> Layout:
    """The tiny project with its embeddings, and no corrections yet."""
    (tiny_project / "data/embeddings").symlink_to(tiny_embeddings)
    (tiny_project / "data/corrections.csv").write_text(HEADER)
    return Layout(tiny_project)


@pytest.fixture(scope="session")
def digits() -> tuple[Tensor, Tensor]:
    """All handwritten digits as unit vectors of their pixels, float32 `[1797, 64]`; and classes."""
    data = load_digits()
    return normalize(torch.tensor(data.data, dtype=torch.float32)), torch.tensor(data.target)


def flipped(targets: Tensor, share: float, seed: int = 0) -> Tensor:
    """Classes of which a share is another one, drawn at random."""
    random = np.random.default_rng(seed)
    rows = random.choice(len(targets), round(share * len(targets)), replace=False)
    classes = int(targets.max()) + 1
    wrong = targets.clone()
    wrong[rows] = (
        targets[rows] + torch.from_numpy(random.integers(1, classes, len(rows)))
    ) % classes
    return wrong
