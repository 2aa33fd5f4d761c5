"""Files of a cache that several processes share."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lookalike.terminal.cache_lock import CacheLock, evict, files_by_age


def test_what_is_in_use_is_not_evicted(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with CacheLock(file, shared=True):
        assert not evict(file)
        assert file.exists()
    assert evict(file)
    assert list(tmp_path.iterdir()) == []


def test_many_share_a_file_and_the_last_one_removes_the_lock(tmp_path: Path) -> None:
    one, other = (CacheLock(tmp_path / "file", shared=True) for _ in range(2))
    one.release()
    assert [path.name for path in tmp_path.iterdir()] == ["file.lock"]
    with pytest.raises(BlockingIOError):
        CacheLock(tmp_path / "file", wait=False)
    other.release()
    other.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_keeps_its_hold_however_many_come_and_go(tmp_path: Path) -> None:
    """Lock files are removed and made anew all the time: never do two processes hold one."""
    holders, most = [], []

    def hold(_: int) -> None:
        with CacheLock(tmp_path / "file"):
            holders.append(1)
            most.append(len(holders))
            time.sleep(0.001)
            holders.pop()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(hold, range(200)))
    assert most == [1] * 200
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        CacheLock(tmp_path / "file")
        os._exit(0)
    os.waitpid(child, 0)
    with CacheLock(tmp_path / "file", wait=False):
        pass


def test_files_are_listed_by_their_last_use(tmp_path: Path) -> None:
    for age, name in enumerate(["b", "c", "a"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    assert [path.name for path in files_by_age(tmp_path, "*")] == ["b", "c", "a"]
