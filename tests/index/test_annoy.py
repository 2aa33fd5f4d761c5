"""Annoy as the search engine."""

from pathlib import Path

import numpy as np
import pytest

from lookalike.index.annoy import AnnoySearcher, build

VECTORS = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> AnnoySearcher:
    path = tmp_path_factory.mktemp("annoy") / "index.ann"
    build(VECTORS, path, trees=5, seed=0)
    return AnnoySearcher(path, dimension=6, search_k=10_000)


def test_row_i_is_vector_i(engine: AnnoySearcher) -> None:
    assert len(engine) == 300
    assert np.array_equal(np.float32([engine.vector(row) for row in range(300)]), VECTORS)


def test_the_same_vectors_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        build(VECTORS, tmp_path / name, trees=5, seed=3)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_another_seed_gives_other_trees(tmp_path: Path) -> None:
    for seed in (1, 2):
        build(VECTORS, tmp_path / str(seed), trees=5, seed=seed)
    assert (tmp_path / "1").read_bytes() != (tmp_path / "2").read_bytes()


def test_where_every_node_is_inspected_the_nearest_rows_are_exact(engine: AnnoySearcher) -> None:
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    for row in range(0, 300, 30):
        exact = np.argsort(-(unit @ unit[row]))[:10]
        assert engine.nearest(VECTORS[row].tolist(), 10) == exact.tolist()


def test_a_large_k_is_not_cut_by_a_small_search_k(engine: AnnoySearcher, tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "index.ann", trees=5, seed=0)
    hasty = AnnoySearcher(tmp_path / "index.ann", dimension=6, search_k=1)
    assert len(hasty.nearest(VECTORS[0].tolist(), 50)) == 50


def test_a_k_beyond_the_index_gives_every_row(engine: AnnoySearcher) -> None:
    assert sorted(engine.nearest(VECTORS[0].tolist(), 1000)) == list(range(300))


def test_an_index_of_one_vector_finds_it(tmp_path: Path) -> None:
    build(VECTORS[:1], tmp_path / "index.ann", trees=5, seed=0)
    assert AnnoySearcher(tmp_path / "index.ann", 6, 100).nearest(VECTORS[0].tolist(), 3) == [0]


def test_equal_vectors_are_all_found(tmp_path: Path) -> None:
    build(np.ones((40, 6), np.float32), tmp_path / "index.ann", trees=5, seed=0)
    engine = AnnoySearcher(tmp_path / "index.ann", 6, 10_000)
    assert sorted(engine.nearest([1.0] * 6, 40)) == list(range(40))


def test_a_file_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Unable to open"):
        AnnoySearcher(tmp_path / "none.ann", 6, 100)


def test_a_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "index.ann", trees=5, seed=0)
    with pytest.raises(OSError, match="vector size"):
        AnnoySearcher(tmp_path / "index.ann", 7, 100)
