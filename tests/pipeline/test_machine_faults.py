"""What a machine may lack, for each stage: room, open files, rights, shared memory."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Project, copy

STAGES = ("ingest", "split", "train", "export", "evaluate", "embed", "index")
OUTPUTS = {
    "ingest": "data/images",
    "split": "data/split.csv",
    "train": "models/model",
    "export": "models/export",
    "evaluate": "metrics/evaluate",
    "embed": "data/embeddings",
    "index": "models/index",
}


# What lets root write everywhere is taken from it
AS_OTHERS = "setpriv --bounding-set=-dac_override" if os.geteuid() == 0 else ""


def run_with(project: Project, limit: str, stage: str) -> subprocess.CompletedProcess[str]:
    """Run a stage anew, behind what takes something from it."""
    shutil.rmtree(project.path(".cache"), ignore_errors=True)
    return subprocess.run(
        ["bash", "-c", f"{limit} python src/{stage}.py"],
        cwd=project.root,
        env=project.environment,
        text=True,
        capture_output=True,
    )


def ended_well_or_in_one_line(
    project: Project, done: subprocess.CompletedProcess[str], stage: str
) -> bool:
    """Whether a stage has ended well; if not, a line says why, and nothing half written is left."""
    assert "Traceback" not in done.stderr, done.stderr
    output = project.path(OUTPUTS[stage])
    assert not output.with_name(f".{output.name}.partial").exists()
    if done.returncode == 0:
        assert output.exists()
        return True
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"{stage}: ")
    return False


@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES)
def test_a_file_that_may_not_grow_is_one_line(finished: Project, stage: str) -> None:
    for kilobytes in (1, 64):
        done = run_with(finished, f"ulimit -f {kilobytes};", stage)
        ended_well_or_in_one_line(finished, done, stage)


@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES)
def test_few_open_files_are_one_line_or_enough(finished: Project, stage: str) -> None:
    for number in (64, 24):
        done = run_with(finished, f"ulimit -n {number};", stage)
        ended_well_or_in_one_line(finished, done, stage)


@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES)
def test_a_folder_that_may_not_be_written_is_one_line(finished: Project, stage: str) -> None:
    finished.path(OUTPUTS[stage]).parent.chmod(0o555)
    done = run_with(finished, AS_OTHERS, stage)
    finished.path(OUTPUTS[stage]).parent.chmod(0o755)
    assert not ended_well_or_in_one_line(finished, done, stage)


@pytest.fixture
def small_disk(finished: Project, tmp_path: Path) -> Iterator[Project]:
    """The project on a file system of its own, which a file can fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root can mount a small file system")
    yield copy(finished, disk / "project")
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path, left: int) -> None:
    """Leave so many bytes of a file system."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    with filler.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - left)))


@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES)
def test_a_full_disk_is_one_line_and_the_next_run_completes(
    small_disk: Project, stage: str
) -> None:
    disk = small_disk.root.parent
    shutil.rmtree(small_disk.path(".cache"), ignore_errors=True)
    for left in (0, 40_000, 400_000):
        fill(disk, left)
        done = run_with(small_disk, "", stage)
        ended_well_or_in_one_line(small_disk, done, stage)
    (disk / "filler").unlink()
    assert run_with(small_disk, "", stage).returncode == 0
