"""The tiny model, opened, and real images of several kinds of model."""

from pathlib import Path

import pytest

from lookalike.model.artifact import Model, load_model
from lookalike.model.compute import fix_compute


@pytest.fixture(autouse=True)
def _fixed_compute() -> None:
    """On a busy machine several threads would be slow."""
    fix_compute(threads=1)


@pytest.fixture
def model(tiny_model: Path) -> Model:
    """The tiny model, opened."""
    return load_model(tiny_model)
