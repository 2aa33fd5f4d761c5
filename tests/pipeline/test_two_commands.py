"""`make repro` in a fresh clone: its own environment, the default job, nothing changed in Git."""

import json
import os
import shlex

import pytest

from .conftest import Project, copy_of_working_tree


@pytest.mark.full
def test_make_repro_in_a_fresh_clone(tmp_path_factory: pytest.TempPathFactory) -> None:
    project: Project = copy_of_working_tree(tmp_path_factory.mktemp("clone"))
    project.commit("as it is")
    project.environment["PATH"] = os.environ["PATH"]  # no environment is activated
    printed = project.run("make", "repro").stdout
    assert project.run("git", "status", "--porcelain").stdout == ""
    metrics = json.loads(project.read("metrics/evaluate.json"))
    assert metrics["accuracy"] >= 0.95
    assert metrics["recall_at_1"] >= 0.95
    assert json.loads(project.read("metrics/index.json"))["recall_at_10"] >= 0.99
    assert printed.splitlines()[-1].endswith("lookalike open")
    (example,) = [line for line in printed.splitlines() if "lookalike search" in line]
    assert "similarity" in project.run(*shlex.split(example)).stdout
    again = project.run("make", "repro").stdout
    assert "Running stage" not in again
