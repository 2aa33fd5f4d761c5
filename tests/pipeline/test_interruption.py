"""Kill it anywhere: outputs are whole or not there, and two runs never write beside each other."""

import os
import re
import signal
import subprocess

import pytest

from .conftest import TIMEOUT, Project, wait_for


def start_training(project: Project) -> subprocess.Popen[str]:
    """Start a training that would take long, and wait until it has finished an epoch."""
    project.set_params(train__epochs=500)
    process = project.start("python", "src/train.py")
    log = project.path("metrics/train/plots/metrics/lr.tsv")
    project.run("rm", "-rf", "metrics/train", "models/model")
    wait_for(lambda: log.is_file() and len(log.read_text().splitlines()) > 1)
    return process


@pytest.mark.full
def test_an_interrupted_training_leaves_no_output_and_says_so_in_one_line(
    finished: Project,
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start_training(finished)
        process.send_signal(number)
        _, errors = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert re.fullmatch(
            r"train: interrupted; saved in epoch \d+ after step \d+; run it again to go on from "
            "there",
            errors.splitlines()[-1],
        )
        assert not finished.path("metrics/train").exists()
        assert not finished.path("models/model").exists()


@pytest.mark.full
def test_an_interrupted_repro_goes_on_and_ends_in_the_same_bytes(finished: Project) -> None:
    before = finished.read("dvc.lock")
    saved = finished.path(".cache/checkpoints")
    finished.set_params(machine__checkpoint_every=1)
    finished.run("dvc", "repro", "--force", "--single-item", "train")
    whole = finished.read("dvc.lock")
    process = finished.start("dvc", "repro", "--force", "--single-item", "train")
    wait_for(lambda: any(saved.glob("*.safetensors")))
    stage = int(finished.read(".stage.pid").split()[-1])
    os.kill(stage, signal.SIGTERM)
    process.communicate(timeout=TIMEOUT)
    assert process.returncode != 0
    assert len(list(saved.iterdir())) == 1
    finished.run("dvc", "repro", "--force", "--single-item", "train")
    assert finished.read("dvc.lock") == whole == before
    assert list(saved.iterdir()) == []


@pytest.mark.full
def test_a_second_start_stops_with_one_line_naming_the_pid_of_the_first(finished: Project) -> None:
    first = start_training(finished)
    second = finished.run("python", "src/split.py", fails=True)
    assert second.stderr.splitlines() == [
        f"split: stage train, pid {first.pid} is running in {finished.root}: wait for it to end, "
        "or end it, then run again"
    ]
    first.kill()
    first.communicate()


@pytest.mark.full
def test_after_a_kill_the_next_run_gives_the_same_bytes(finished: Project) -> None:
    before = finished.read("dvc.lock")
    process = start_training(finished)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not finished.path("models/model").exists()
    finished.run("git", "checkout", "params.yaml")
    finished.run("dvc", "repro", "--force", "--single-item", "train")
    assert finished.read("dvc.lock") == before


@pytest.mark.full
@pytest.mark.parametrize("stage", ["ingest", "embed", "index"])
def test_a_killed_stage_leaves_no_output_and_the_next_run_completes(
    finished: Project, stage: str
) -> None:
    output = finished.path(
        {"ingest": "data/images", "embed": "data/embeddings", "index": "models/index"}[stage]
    )
    partial = output.with_name(f".{output.name}.partial")
    finished.run("rm", "-rf", str(output))
    process = finished.start("python", f"src/{stage}.py")
    wait_for(partial.exists)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not output.exists()
    finished.run("python", f"src/{stage}.py")
    assert output.is_dir()
    assert not partial.exists()
    assert finished.stages_to_run() == []
