"""What `make setup` installs, as pip is told."""

import re
from pathlib import Path

import pytest

from .conftest import Project, copy_of_working_tree

# Instead of the environment's Python: notes what it is asked for, and what it reads.
PYTHON = """#!/bin/sh
echo "$@" >> asked
case "$*" in */dev/stdin*) cat >> asked;; esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = copy_of_working_tree(tmp_path)
    python = project.path(".venv/bin/python")
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON)
    python.chmod(0o755)
    return project


def test_annoy_is_compiled_where_there_is_a_compiler(project: Project) -> None:
    assert project.run("make", "setup", "CXX=true").stderr == ""
    asked = project.read("asked").splitlines()
    assert "--no-binary annoy" in asked[0]
    assert asked[1].startswith("annoy==")
    assert [line for line in asked[2:] if line.startswith("annoy==")] == []
    assert any(line.startswith("numpy==") for line in asked)


def test_all_but_pytorch_is_installed_by_hash(project: Project) -> None:
    project.run("make", "setup", "CXX=true")
    calls = re.split(r"^-m pip install ", project.read("asked"), flags=re.MULTILINE)[1:]
    unchecked = [call.split("\n", 1) for call in calls if "--require-hashes" not in call]
    assert [{line.partition("==")[0] for line in given.splitlines()} for _, given in unchecked] == [
        {"torch", "torchvision"},
        set(),
    ]
    assert unchecked[1][0].endswith("--no-deps --editable .")


def test_without_a_compiler_one_line_says_so_and_the_rest_is_installed(project: Project) -> None:
    errors = project.run("make", "setup", "CXX=/no/compiler").stderr.splitlines()
    assert len(errors) == 1
    assert "no C++ compiler (/no/compiler), so Annoy is left out" in errors[0]
    assert "{name: exact}" in errors[0]
    asked = project.read("asked")
    assert "annoy" not in asked
    assert "numpy==" in asked
