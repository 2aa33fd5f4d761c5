"""`make services` and `make services-stop`, as commands in a project of their own."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dvc.config import Config

REPOSITORY = Path(__file__).parents[2]
OWN = "[core]\n    no_scm = true\n['remote \"storage\"']\n    jobs = 2\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Run]:
    """Run `python -m services` in `tmp_path`, where DVC has the remote of this repository."""
    (tmp_path / ".dvc").mkdir()
    for name in (".dvc/config", ".gitignore", ".dvcignore"):
        (tmp_path / name).write_text((REPOSITORY / name).read_text())

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services", command],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            text=True,
            capture_output=True,
        )

    yield run
    run("stop")


def storage(folder: Path) -> dict[str, object]:
    settings: dict[str, object] = Config(str(folder / ".dvc"))["remote"]["storage"]
    return settings


def dvc(command: str, folder: Path) -> None:
    """Run DVC without credentials or settings but those of the project."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    subprocess.run(["dvc", *command.split()], cwd=folder, env=environment, check=True)


@pytest.mark.full
def test_start_configures_the_remote_and_stop_takes_it_back(services: Run, tmp_path: Path) -> None:
    local = tmp_path / ".dvc" / "config.local"
    local.write_text(OWN)
    started = services("start")
    assert started.returncode == 0, started.stderr
    settings = storage(tmp_path)
    assert str(settings["endpointurl"]) in started.stdout
    assert "make services-stop" in started.stdout
    assert str(settings["secret_access_key"]) not in started.stdout + started.stderr
    assert settings["jobs"] == 2
    for secret in (local, tmp_path / ".services" / "s3.json"):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert (tmp_path / ".services" / "s3" / "lookalike").is_dir()

    again = services("start")
    assert [line for line in again.stdout.splitlines() if "already" in line] == [
        "s3 is running already",
        "mongodb is running already",
    ]
    assert storage(tmp_path) == settings

    assert services("stop").stdout.splitlines() == ["s3 is stopped", "mongodb is stopped"]
    assert "secret_access_key" not in storage(tmp_path)
    assert "endpointurl" not in storage(tmp_path)
    assert storage(tmp_path)["jobs"] == 2


@pytest.mark.full
def test_files_that_dvc_transfers_in_parts_come_back(services: Run, tmp_path: Path) -> None:
    (tmp_path / ".dvc" / "config.local").write_text(OWN)
    assert services("start").returncode == 0
    folder = tmp_path / "large"
    folder.mkdir()
    large = {"70": os.urandom(70 * 2**20), "100": os.urandom(100 * 2**20)}
    for name, content in large.items():
        (folder / name).write_bytes(content)
    dvc("add large", tmp_path)
    dvc("push", tmp_path)
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / ".dvc" / "cache")
    dvc("pull", tmp_path)
    assert {name: (folder / name).read_bytes() for name in large} == large


def test_credentials_of_the_users_own_are_not_overwritten(services: Run, tmp_path: Path) -> None:
    local = tmp_path / ".dvc" / "config.local"
    local.write_text("['remote \"storage\"']\n    access_key_id = mine\n")
    refused = services("start")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "services: .dvc/config.local: access_key_id of remote storage would be overwritten: "
        "take them out first"
    ]
    assert "mine" in local.read_text()
    assert not (tmp_path / ".services" / "s3").exists()


def test_a_server_that_does_not_come_up_is_one_line(
    services: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    failed = services("start")
    assert failed.returncode == 1
    assert failed.stderr == "services: rclone cannot be started (No such file or directory)\n"
