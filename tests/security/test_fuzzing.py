"""A few hundred damaged files for each reader; `python -m bench.fuzz` goes on for hours."""

import pytest
from bench.fuzz import TARGETS, attack

EXECUTIONS = 200


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_file_is_refused_or_read_and_nothing_else(name: str) -> None:
    assert list(attack(TARGETS[name], range(EXECUTIONS))) == []


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_damaged_is_intact_before(name: str) -> None:
    for data in TARGETS[name].corpus():
        TARGETS[name].read(data)
