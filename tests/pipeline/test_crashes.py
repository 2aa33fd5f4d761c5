"""Everything killed at once, as by a power cut: in stages, DVC, the service and publishing."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from lookalike.core.hashing import sha256_of_files

from .conftest import Project, wait_for

KILLS = 100
STAGES = ("ingest", "split", "train", "export", "evaluate", "embed", "index")
LOOKALIKE = "import sys; sys.path.insert(0, 'src'); from lookalike.cli import main; main()"
SERVE = ("serve", "--port", "0", "--workers", "2")
# What a run may leave beside its outputs: caches, which are filled as it goes
KEPT = (".git", ".dvc", ".cache", ".venv", "__pycache__")


def commands() -> dict[str, list[str]]:
    """What is killed, by name."""
    stages = {stage: ["python", f"src/{stage}.py"] for stage in STAGES}
    by_dvc = {
        f"dvc {stage}": ["dvc", "repro", "--force", "--single-item", stage]
        for stage in ("ingest", "embed", "index")
    }
    ours = {
        name: ["python", "-c", LOOKALIKE, *words]
        for name, words in {"publish": ("publish",), "serve": SERVE}.items()
    }
    return stages | by_dvc | ours


def killed(project: Project, command: list[str], seconds: float) -> None:
    """Start a command, and kill it and all of its processes after so long."""
    process = subprocess.Popen(
        command,
        cwd=project.root,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not _of_session(process.pid))


def _of_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == session and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def files(project: Project) -> set[str]:
    """The paths of all files but those of Git, DVC and caches."""
    return {
        str(path.relative_to(project.root))
        for path in project.root.rglob("*")
        if not set(path.relative_to(project.root).parts) & set(KEPT) and path.is_file()
    }


def digests(project: Project) -> dict[str, str]:
    """The sha256 of every output that is there."""
    outputs = [*project.path("data").iterdir(), *project.path("models").iterdir()]
    return {
        path.name: sha256_of_files([path] if path.is_file() else path.iterdir())
        for path in outputs
        if not path.name.startswith(".") and path.name != "samples"
    }


@pytest.mark.full
def test_after_a_hundred_kills_the_next_run_ends_in_the_same_bytes(
    finished: Project, mongodb_uri: str, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"  # where killed processes may leave what is theirs
    temporary.mkdir()
    uri = urlsplit(mongodb_uri)._replace(path="/crashes").geturl()
    finished.environment |= {"MONGODB_URI": uri, "TMPDIR": str(temporary)}
    lock, before, there = finished.read("dvc.lock"), digests(finished), files(finished)
    chance, seconds = random.Random(0), dict[str, float]()
    for name, command in commands().items():
        began = time.monotonic()
        killed(finished, command, 12 if name == "serve" else 600)
        seconds[name] = time.monotonic() - began
    assert digests(finished) == before
    for _ in range(KILLS):
        name = chance.choice(sorted(seconds))
        killed(finished, commands()[name], chance.uniform(0, seconds[name]))
        after = digests(finished)
        assert {output: after[output] for output in after} == {
            output: before[output] for output in after
        }, name
    finished.run("dvc", "repro", "--force")
    assert finished.read("dvc.lock") == lock
    assert files(finished) - there == set()
    assert there - files(finished) == set()
    assert list(finished.path(".cache").rglob("*.partial")) == []
    finished.lookalike("publish")
    assert "is current" in finished.lookalike("publish", "--verify").stdout
