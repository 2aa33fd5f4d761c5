"""What is Annoy's alone."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.core.errors import LookalikeError, NotReadyError
from lookalike.index.engines.annoy import Annoy, AnnoyEngine, build, tune
from lookalike.index.engines.annoy_self_test import check_annoy
from lookalike.index.tuning import HeldOut, Trial
from lookalike.retrieval.vectors import Vectors

OneLineError = Callable[..., AbstractContextManager[None]]

RANDOM = np.random.default_rng(0)
VECTORS = Vectors.measured(RANDOM.normal(size=(300, 6)).astype(np.float32))


def test_the_seed_decides_on_the_trees(tmp_path: Path) -> None:
    for seed in (None, 0, 1):
        build(VECTORS, tmp_path / str(seed), Annoy(trees=5, seed=seed))
    assert (tmp_path / "None").read_bytes() == (tmp_path / "0").read_bytes()
    assert (tmp_path / "0").read_bytes() != (tmp_path / "1").read_bytes()


def test_a_large_k_is_not_cut_by_a_small_search_k(tmp_path: Path) -> None:
    params = Annoy(trees=5, search_k=1)
    build(VECTORS, tmp_path / "index", params)
    found = AnnoyEngine(tmp_path / "index", VECTORS, params).nearest(VECTORS.values[0], 50)
    assert len(found.rows) == 50


def test_a_file_of_other_vectors_cannot_be_opened(tmp_path: Path) -> None:
    build(VECTORS, tmp_path / "index", Annoy(trees=5))
    wider = Vectors.measured(np.ones((300, 7), np.float32))
    with pytest.raises(OSError, match="vector size"):
        AnnoyEngine(tmp_path / "index", wider, Annoy(trees=5))


# --- an Annoy that was built in a way that breaks it -----------------------------------------

ONE_NEIGHBOR = """
class AnnoyIndex:
    def __init__(self, *_): pass
    def add_item(self, *_): pass
    def build(self, *_): pass
    def get_nns_by_vector(self, *_): return [3]
"""
ILLEGAL_INSTRUCTION = "import os; os.kill(os.getpid(), 4)"


def broken_annoy(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes import this in place of Annoy."""
    (folder / "annoy.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr("lookalike.index.engines.annoy.check_annoy", check_annoy.__wrapped__)


def test_the_installed_annoy_works() -> None:
    check_annoy()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (ONE_NEIGHBOR, "does not find ten neighbors among ten vectors"),
        (ILLEGAL_INSTRUCTION, f"dies of signal {signal.SIGILL.value}"),
        ("raise ImportError('undefined symbol')", "does not find ten neighbors"),
    ],
)
def test_before_anything_is_built_a_broken_annoy_is_one_line_with_the_remedy(
    code: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    broken_annoy(tmp_path, code, monkeypatch)
    with one_line_error(f"annoy: {words}", "--no-binary annoy", kind=NotReadyError):
        build(VECTORS, tmp_path / "index", Annoy(trees=5))
    assert not (tmp_path / "index").exists()


def test_without_annoy_the_line_names_the_other_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    build(VECTORS, tmp_path / "index", Annoy(trees=5))
    monkeypatch.setitem(sys.modules, "annoy", None)
    for use in (build, lambda vectors, path, params: AnnoyEngine(path, vectors, params)):
        with one_line_error("the package annoy is missing", "exact or faiss", kind=NotReadyError):
            use(VECTORS, tmp_path / "index", Annoy(trees=5, search_k=10))


# --- trees and nodes, chosen by measured recall ----------------------------------------------

# Clusters, as embeddings of classes are
CENTERS = np.random.default_rng(0).normal(size=(20, 1, 24))
CLUSTERED = Vectors.measured(
    (CENTERS + 0.5 * RANDOM.normal(size=(20, 100, 24))).reshape(2000, 24).astype(np.float32)
)
SCATTERED = Vectors.measured(RANDOM.normal(size=(500, 64)).astype(np.float32))

Chosen = tuple[Annoy, list[Trial]]


def chosen_of(vectors: Vectors, params: Annoy, scratch: Path) -> Chosen:
    return tune(params, HeldOut(vectors, params.metric, 1000, scratch))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Chosen:
    return chosen_of(CLUSTERED, Annoy(), tmp_path_factory.mktemp("scratch"))


def test_the_numbers_that_are_chosen_reach_the_target_first(chosen: Chosen) -> None:
    params, trials = chosen
    of_trees = [trial for trial in trials if trial.engine == f"annoy, {params.trees} trees"]
    reached = [trial.recall_at_10 >= 0.99 for trial in of_trees]
    assert reached == [False] * (len(of_trees) - 1) + [True]
    # 1800 of 2000 vectors were tried
    assert params.search_k == pytest.approx(of_trees[-1].effort * 2000 / 1800, abs=1)


def test_every_trial_is_a_point_of_the_curve(chosen: Chosen) -> None:
    for engine in {trial.engine for trial in chosen[1]}:
        of_trees = [trial for trial in chosen[1] if trial.engine == engine]
        nodes = [trial.effort for trial in of_trees]
        assert nodes == sorted(nodes)
        assert len({trial.file_bytes for trial in of_trees}) == 1


def test_the_choice_is_a_function_of_vectors_and_parameters(chosen: Chosen, tmp_path: Path) -> None:
    assert chosen_of(CLUSTERED, Annoy(), tmp_path) == chosen
    assert list(tmp_path.iterdir()) == []


def test_a_higher_target_inspects_more(tmp_path: Path) -> None:
    hasty, _ = chosen_of(CLUSTERED, Annoy(trees=10, target_recall=0.6), tmp_path)
    thorough, _ = chosen_of(CLUSTERED, Annoy(trees=10, target_recall=0.999), tmp_path)
    assert hasty.search_k is not None
    assert thorough.search_k is not None
    assert hasty.search_k < thorough.search_k


def test_trees_that_are_given_stay(tmp_path: Path) -> None:
    params, trials = chosen_of(CLUSTERED, Annoy(trees=3), tmp_path)
    assert params.trees == 3
    assert {trial.engine for trial in trials} == {"annoy, 3 trees"}


def test_a_search_k_that_is_given_stays(tmp_path: Path) -> None:
    params, trials = chosen_of(CLUSTERED, Annoy(search_k=5000), tmp_path)
    assert params.search_k == 5000
    assert {trial.effort for trial in trials} == {5000}


def test_where_nothing_is_to_be_chosen_nothing_is_tried(tmp_path: Path) -> None:
    params = Annoy(trees=7, search_k=70)
    assert chosen_of(CLUSTERED, params, tmp_path) == (params, [])


def test_where_exact_search_is_cheaper_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params, _ = chosen_of(SCATTERED, Annoy(), tmp_path)
    assert params.search_k is not None
    assert params.search_k >= 500
    assert capsys.readouterr().err == (
        "index: exact search would be cheaper: it looks at 500 vectors a query, Annoy at "
        f"{params.search_k} nodes; set index.engine.name: exact\n"
    )


@pytest.mark.parametrize("rows", [1, 2, 11])
def test_a_handful_of_vectors_is_enough(rows: int, tmp_path: Path) -> None:
    params, _ = chosen_of(Vectors.measured(CLUSTERED.values[:rows]), Annoy(), tmp_path)
    assert params.trees is not None
    assert params.search_k is not None


def test_too_little_space_is_one_line_before_the_file_is_mapped(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    try:
        vectors = Vectors.measured(np.ones((1000, 384), np.float32))
        with pytest.raises(LookalikeError, match=r"may take 3 MB, but 0 MB are free"):
            build(vectors, folder / "index.ann", Annoy(trees=10))
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_file_that_may_not_be_so_large_is_refused_before_it_is_mapped(tmp_path: Path) -> None:
    vectors = Vectors.measured(np.ones((1000, 64), np.float32))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            build(vectors, tmp_path / "index.ann", Annoy(trees=10))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
