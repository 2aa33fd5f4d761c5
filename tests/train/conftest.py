"""Training starts from the same seed in every test."""

import pytest

from lookalike.model.compute import fix_compute


@pytest.fixture(autouse=True)
def _fixed_compute() -> None:
    """One thread: on a busy machine several would wait for each other."""
    fix_compute(threads=1)
