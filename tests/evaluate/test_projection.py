"""Embeddings as points of a plane."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lookalike.evaluate.projection import FEWEST_POINTS, Method, project


def clusters(points: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of length 1 around three orthogonal directions, and which one each is of."""
    of = np.arange(points) % 3
    around = np.eye(8, dtype=np.float32)[of]
    around += 0.1 * np.random.default_rng(0).normal(size=around.shape).astype(np.float32)
    return around / np.linalg.norm(around, axis=1, keepdims=True), of


METHODS = ["pca", "tsne", pytest.param("umap", marks=pytest.mark.full)]


@pytest.mark.parametrize("method", METHODS)
def test_what_lies_close_stays_close(method: Method) -> None:
    if method == "umap":
        pytest.importorskip("umap")
    unit, of = clusters(60)
    placed = project(unit, method, seed=0)
    distances = cdist(placed, placed)
    np.fill_diagonal(distances, np.inf)
    assert placed.shape == (60, 2)
    assert (of[distances.argmin(axis=1)] == of).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_points_land_on_the_same_bytes(method: Method) -> None:
    if method == "umap":
        pytest.importorskip("umap")
    unit, _ = clusters(40)
    assert project(unit, method, 3).tobytes() == project(unit, method, 3).tobytes()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_fewest_points_can_be_placed(method: Method) -> None:
    assert np.isfinite(project(clusters(FEWEST_POINTS)[0], method, 0)).all()
