"""PCA whitening."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lookalike.retrieval.whitening import learn_whitening

OneLineError = Callable[..., AbstractContextManager[None]]


def correlated(rows: int, size: int = 12) -> np.ndarray:
    """Vectors of which some directions vary much more than others."""
    random = np.random.default_rng(0)
    spread = random.normal(size=(size, size)) * np.logspace(0, -2, size)
    return (random.normal(size=(rows, size)) @ spread.T + 2).astype(np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    normal: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normal


def test_no_direction_of_what_was_learned_from_counts_more_than_another() -> None:
    vectors = correlated(400)
    whitened = learn_whitening(vectors, 6)(vectors).astype(np.float64)
    assert np.abs(whitened.mean(axis=0)).max() < 1e-4
    assert np.allclose(np.cov(whitened.T, ddof=0), np.eye(6), atol=1e-3)


def test_it_is_the_whitening_of_scikit_learn() -> None:
    vectors, others = correlated(300), correlated(320)[300:]
    theirs = PCA(5, whiten=True).fit(unit(vectors).astype(np.float64))
    expected = theirs.transform(unit(others)) * np.sqrt(300 / 299)  # it divides by n - 1
    found = learn_whitening(vectors, 5)(others)
    assert np.allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_a_direction_does_not_depend_on_the_sign_that_the_solver_gives() -> None:
    whitening = learn_whitening(correlated(100), 4)
    largest = np.abs(whitening.projection).argmax(axis=1)
    assert (whitening.projection[np.arange(4), largest] > 0).all()


def test_a_vector_has_the_same_bits_alone_and_in_company() -> None:
    vectors = correlated(100)
    whitening = learn_whitening(vectors, 8)
    alone = [whitening(vector[None])[0] for vector in vectors]
    assert np.array_equal(whitening(vectors), np.stack(alone))
    assert np.array_equal(whitening(vectors * 4), whitening(vectors))  # their lengths do not matter


def test_a_direction_without_variance_is_not_blown_up() -> None:
    vectors = correlated(100)
    vectors[:, 3] = 0
    whitened = learn_whitening(vectors, 12)(vectors)
    assert np.abs(whitened).max() < 100


@pytest.mark.parametrize(("rows", "dimension"), [(100, 13), (5, 5), (1, 2)])
def test_more_directions_than_there_are_is_one_line(
    rows: int, dimension: int, one_line_error: OneLineError
) -> None:
    with one_line_error(f"index.whiten = {dimension}: {rows} training images", "or null"):
        learn_whitening(correlated(rows), dimension)
