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
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
