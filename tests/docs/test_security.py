"""The table of attacks names tests that are there."""

import ast
import re

import pytest

from .blocks import REPOSITORY

PAGE = (REPOSITORY / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)", PAGE)


def test_every_attack_has_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "](../tests/" in line]
    assert len(rows) == len(NAMED) > 30


@pytest.mark.parametrize(("name", "path"), NAMED)
def test_a_test_that_is_named_is_there(name: str, path: str) -> None:
    assert name in named_in(path)


def test_the_page_counts_attacks_and_tests() -> None:
    tests = sum(len(named_in(path)) for path in {path for _, path in NAMED})
    found = re.search(r"(\d+) attacks, each with the test .* out of more than (\d+) tests", PAGE)
    assert found is not None
    assert int(found[1]) == len(NAMED)
    assert int(found[2]) < tests


def named_in(path: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in functions if name.startswith("test_")}
