"""Pairs of like hashes, against a plain double loop."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.errors import LookalikeError
from lookalike.near_duplicates import hash_pairs
from lookalike.near_duplicates.hash_pairs import near_hashes

HASH = st.integers(0, 2**64 - 1)
NEAR = st.sampled_from([0, 1, 0b111, 2**63, 2**64 - 1])


@given(st.lists(st.tuples(HASH | NEAR, HASH | NEAR), max_size=30), st.integers(0, 24), st.data())
def test_every_near_pair_is_found_once(
    hashes: list[tuple[int, int]], most: int, data: st.DataObject
) -> None:
    rows = data.draw(st.integers(0, len(hashes)))
    expected = [
        (one, other)
        for one in range(rows)
        for other in range(one + 1, len(hashes))
        if (hashes[one][0] ^ hashes[other][1]).bit_count() <= most
    ]
    one, other = np.array(hashes, np.uint64).reshape(-1, 2).T
    for workers in (0, 2):
        found = near_hashes(one[:rows], other, most, workers)
        assert list(zip(*found.tolist(), strict=True)) == expected


def test_pairs_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    phash = np.random.default_rng(0).integers(0, 2**64, 200, np.uint64)
    phash[-1] = phash[0] ^ np.uint64(1)
    monkeypatch.setattr(hash_pairs, "BLOCK_ROWS", 16)
    monkeypatch.setattr(hash_pairs, "BLOCK_COLUMNS", 32)
    assert near_hashes(phash, phash, 2, workers=1).tolist() == [[0], [199]]


def test_hashes_that_tell_nothing_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    monkeypatch.setattr(hash_pairs, "MOST_PAIRS", 100)
    blank = np.zeros(20, np.uint64)
    with one_line_error("more than 100 pairs", "within 8 bits", "max_hash_distance"):
        near_hashes(blank, blank, 8, workers=1)


def test_of_very_many_hashes_a_sample_tells_which_distance_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phash = np.random.default_rng(0).integers(0, 2**64, 400, np.uint64)
    monkeypatch.setattr(hash_pairs, "MOST_PAIRS", 2000)
    monkeypatch.setattr(hash_pairs, "MANY", 0)
    monkeypatch.setattr(hash_pairs, "SAMPLED_ROWS", len(phash))
    with pytest.raises(LookalikeError, match="hashes within 28 bits, and at most 2000") as refused:
        near_hashes(phash, phash, 28, workers=1)
    found = re.search(r"set max_hash_distance to (\d+) or less", str(refused.value))
    assert found is not None
    assert len(near_hashes(phash, phash, int(found[1]), workers=1)[0]) <= 2000
    with pytest.raises(LookalikeError, match="at most 2000 are looked at"):
        near_hashes(phash, phash, int(found[1]) + 1, workers=1)
