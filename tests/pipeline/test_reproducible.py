"""Same inputs, same bytes; and a stage runs again exactly when something it depends on changed."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .conftest import Project


def outputs(project: Project) -> dict[str, list[tuple[str, str]]]:
    """Path and hash of every output, by stage, from `dvc.lock`."""
    stages = YAML(typ="safe").load(project.path("dvc.lock"))["stages"]
    return {
        name: [(out["path"], out["md5"]) for out in stage["outs"]] for name, stage in stages.items()
    }


@pytest.mark.full
def test_another_clone_with_another_number_of_workers_gives_the_same_bytes(
    finished: Project, tmp_path: Path
) -> None:
    other = finished.clone(tmp_path / "other")
    other.set_params(machine__workers=0)
    other.path("dvc.lock").unlink()
    other.run("dvc", "repro")
    assert outputs(other) == outputs(finished)
    assert other.run("git", "status", "--porcelain").stdout.split() == ["M", "params.yaml"]


def test_a_second_repro_runs_nothing_though_bytecode_was_left_behind(finished: Project) -> None:
    finished.run("python", "-m", "compileall", "-q", "src")
    assert list(finished.path("src/lookalike/core/__pycache__").glob("*.pyc"))
    assert finished.stages_to_run() == []
    assert finished.stages_to_run() == []


@pytest.mark.full
def test_a_change_of_the_index_reruns_only_the_index(finished: Project) -> None:
    finished.set_params(index__engine__trees=5)
    assert finished.stages_to_run() == ["index"]


@pytest.mark.full
def test_a_change_of_the_machine_reruns_nothing(finished: Project) -> None:
    finished.set_params(machine__workers=0)
    assert finished.stages_to_run() == []


@pytest.mark.full
def test_a_change_of_one_folder_reruns_the_stages_that_name_it(finished: Project) -> None:
    with finished.path("src/lookalike/evaluate/params.py").open("a") as file:
        file.write("# a comment\n")
    assert finished.stages_to_run() == ["evaluate"]
