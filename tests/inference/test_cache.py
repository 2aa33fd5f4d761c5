"""What a network said of images before."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.inference.cache import EmbeddingCache

OneLineError = Callable[..., AbstractContextManager[None]]

WIDTH = 3


def opened(folder: Path, key: str = "k", gigabytes: float = 1.0) -> EmbeddingCache:
    return EmbeddingCache(folder, key, WIDTH, gigabytes)


def vectors(*numbers: int) -> np.ndarray:
    return np.array([[n, n / 3, -n] for n in numbers], dtype=np.float32)


@given(st.lists(st.floats(width=32), min_size=WIDTH, max_size=WIDTH))
def test_a_vector_comes_back_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    vector = np.array([values], dtype=np.float32)
    with opened(tmp_path_factory.mktemp("memo")) as memo:
        memo.add(["a"], vector)
        assert memo.get(["a"])["a"].tobytes() == vector.tobytes()


def test_only_those_of_the_images_that_are_known_come_back(tmp_path: Path) -> None:
    with opened(tmp_path) as memo:
        memo.add(["a", "b"], vectors(1, 2))
        assert list(memo.get(["c", "b"])) == ["b"]
        assert memo.get([]) == {}


def test_it_says_which_images_are_known(tmp_path: Path) -> None:
    with opened(tmp_path) as memo:
        memo.add(["a", "b"], vectors(1, 2))
        assert memo.known(["c", "b"]) == {"b"}


def test_what_one_run_remembers_the_next_one_knows(tmp_path: Path) -> None:
    with opened(tmp_path) as memo:
        memo.add(["a"], vectors(1))
    with opened(tmp_path) as memo:
        assert np.array_equal(memo.get(["a"])["a"], vectors(1)[0])


def test_another_key_knows_nothing_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as memo:
        memo.add(["a"], vectors(1))
    with opened(tmp_path, "other") as other:
        assert other.get(["a"]) == {}


def test_two_runs_at_once_share_what_they_learn(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        one.add(["a"], vectors(1))
        other.add(["a", "b"], vectors(1, 2))
        assert set(one.get(["a", "b"])) == {"a", "b"}


def test_a_killed_writer_leaves_whole_vectors(
    tmp_path: Path, start: Callable[[str], Popen[str]]
) -> None:
    process = start(
        "import numpy as np; from pathlib import Path\n"
        "from lookalike.inference.cache import EmbeddingCache\n"
        "memo = EmbeddingCache(Path('memo'), 'k', 3, 1.0)\n"
        "for block in range(10**6):\n"
        "    ids = [str(block * 100 + n) for n in range(100)]\n"
        "    memo.add(ids, np.array([[int(i)] * 3 for i in ids], dtype=np.float32))\n"
        "    print(block, flush=True)\n"
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    process.kill()
    process.wait()
    with opened(tmp_path / "memo") as memo:
        found = memo.get([str(number) for number in range(300)])
        assert len(found) == 300
        assert all((vector == int(image_id)).all() for image_id, vector in found.items())
        memo.add(["new"], vectors(1))
        assert "new" in memo.get(["new"])


def test_it_can_be_removed_while_it_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path / "memo") as memo:
        memo.add(["a"], vectors(1))
        memo.path.unlink()
        memo.add(["b"], vectors(2))
        memo.add(["c"], vectors(3))
        assert "a" in memo.get(["a"])
    with opened(tmp_path / "memo") as memo:
        assert memo.get(["a"]) == {}
    assert capsys.readouterr().err.count("no longer remembered") == 1


def test_no_more_is_remembered_than_the_limit_allows(tmp_path: Path) -> None:
    with opened(tmp_path, gigabytes=1e-4) as memo:  # 100 kB
        for block in range(40):
            ids = [f"{block}/{number}" for number in range(100)]
            memo.add(ids, np.zeros((100, WIDTH), np.float32))
        assert memo.get(["0/0"]) != {}
        assert memo.get(["39/0"]) == {}
        assert memo.path.stat().st_size < 1.5e5


def test_the_files_not_used_for_longest_make_room(tmp_path: Path) -> None:
    for age, key in enumerate(["newest", "middle", "oldest"]):
        with opened(tmp_path, key) as memo:
            memo.add([str(n) for n in range(1000)], np.zeros((1000, WIDTH), np.float32))
        os.utime(memo.path, (10**9 - age, 10**9 - age))
    size = memo.path.stat().st_size
    with opened(tmp_path, "now", gigabytes=2.5 * size / 10**9):
        pass
    assert {path.stem for path in tmp_path.iterdir()} == {"newest", "middle", "now"}


def test_a_file_that_is_no_memo_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    (tmp_path / "k.sqlite").write_bytes(b"something else entirely" * 100)
    with one_line_error("k.sqlite: cannot be used", "safe to remove"):
        opened(tmp_path)


def test_a_truncated_file_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    with opened(tmp_path) as memo:
        memo.add([str(n) for n in range(5000)], np.zeros((5000, WIDTH), np.float32))
    memo.path.write_bytes(memo.path.read_bytes()[:100_000])
    with (
        one_line_error("k.sqlite: cannot be used", "safe to remove"),
        opened(tmp_path) as memo,
    ):
        memo.get([str(n) for n in range(5000)])


def test_a_file_that_another_run_uses_makes_no_room(tmp_path: Path) -> None:
    with opened(tmp_path, "used") as used:
        used.add([str(n) for n in range(1000)], np.zeros((1000, WIDTH), np.float32))
        with opened(tmp_path, "now", gigabytes=1e-6):
            pass
        used.add(["later"], vectors(1))
        assert "later" in used.get(["later"])
    with opened(tmp_path, "used") as used:
        assert "later" in used.get(["later"])
