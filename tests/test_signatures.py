"""Signatures of the library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lookalike

PACKAGE = Path(lookalike.__file__).parent
COMMANDS = {"cli.py", "commands"}  # parameters of the command line are its options
MOST = 5


def long_signatures() -> Iterator[tuple[str, str]]:
    """Public functions and classes with more than five parameters, and their docstrings."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in COMMANDS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [(node, node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            nodes += [
                (owner, node)
                for node in owner.body
                if isinstance(node, ast.FunctionDef) and node.name == "__init__"
            ]
        for owner, function in nodes:
            arguments = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
            if len(names) > MOST and not owner.name.startswith("_"):
                yield f"{path.relative_to(PACKAGE)}:{owner.name}", ast.get_docstring(owner) or ""


@pytest.mark.parametrize(("place", "docstring"), list(long_signatures()))
def test_more_than_five_parameters_have_a_reason(place: str, docstring: str) -> None:
    text = " ".join(docstring.split()).lower()
    assert any(f"{count} parameters" in text for count in ("six", "seven", "eight")), place
