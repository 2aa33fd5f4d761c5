"""Memory of the service."""

import platform

import psutil
import pytest

from lookalike.serve.memory import release_free_memory

BLOCK = 100_000  # small enough that glibc keeps it when it is freed


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others give memory back themselves")
def test_what_has_been_freed_goes_back_to_the_system() -> None:
    blocks = [b"x" * BLOCK for _ in range(2000)]
    last = blocks.pop()
    blocks.clear()
    before = psutil.Process().memory_info().rss
    release_free_memory()
    assert before - psutil.Process().memory_info().rss > 0.5 * 2000 * BLOCK
    assert last
