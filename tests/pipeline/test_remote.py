"""The S3 remote, on a real server: the whole round, credentials in `.env`, and what may fail."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from services.servers import S3Server, start_s3

from .conftest import DIGITS, TIMEOUT, Project, copy, link_environment, wait_for

OUTPUTS = ("data", "models", "metrics/figures")
SAMPLES = "data/samples"


class Round(NamedTuple):
    """Two places that share one remote, and what the commands between them printed."""

    first: Project
    second: Project  # a clone that has pulled
    printed: str


def write_env(project: Project, s3: S3Server) -> None:
    """The server's address and keys, in `.env` and nowhere else."""
    lines = [f"{name}={value}\n" for name, value in s3.environment.items()]
    project.path(".env").write_text("".join(lines), encoding="utf-8")


def contents(project: Project) -> dict[str, str]:
    """The sha256 of every file that DVC brings."""
    return {
        str(path.relative_to(project.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for output in OUTPUTS
        for path in sorted(project.path(output).rglob("*"))
        if path.is_file() and not path.is_relative_to(project.path(SAMPLES))
    }


def in_step_with_the_remote(project: Project) -> bool:
    """Whether the remote has all that the project has, and the other way round."""
    return json.loads(project.run("dvc", "status", "--cloud", "--json").stdout) == {}


def output_of(project: Project, *command: str) -> str:
    """What a command prints, on both streams."""
    done = project.run(*command)
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def _round(_finished: Project, s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Round:
    s3.make_bucket("lookalike")
    folder = tmp_path_factory.mktemp("round")
    first = copy(_finished, folder / "first" / "project")
    second = first.clone(folder / "second" / "project")
    printed = ""
    for project, target in ((first, "push"), (second, "pull")):
        link_environment(project)
        write_env(project, s3)
        printed += output_of(project, "make", target)
    return Round(first, second, printed)


@pytest.fixture
def first(_round: Round, tmp_path: Path) -> Project:
    """A copy of the place that has pushed; no credentials."""
    return copy(_round.first, tmp_path / "first")


@pytest.fixture
def second(_round: Round, tmp_path: Path) -> Project:
    """A copy of the clone that has pulled, with the keys in `.env`; the source is not there."""
    project = copy(_round.second, tmp_path / "second")
    project.environment["PYTHONPATH"] = str(project.path("src"))
    return project


def test_a_clone_without_the_source_has_everything_and_answers(
    _round: Round, second: Project, tmp_path: Path
) -> None:
    assert contents(second) == contents(_round.first)
    query = shutil.copy(_round.first.path(f"../{DIGITS}/3/0003.png"), tmp_path / "query.png")
    found = json.loads(second.lookalike("search", str(query), "-k", "3", "--json").stdout)
    assert found["hits"][0]["path"] == "3/0003.png"
    assert second.run("git", "status", "--porcelain").stdout == ""


def test_the_built_in_digits_are_in_nobodys_bucket(_round: Round, s3: S3Server) -> None:
    digits = [path for path in _round.first.path(SAMPLES).rglob("*.png") if path.is_file()]
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket="lookalike")
    stored = {"".join(item["Key"].split("/")[-2:]) for page in pages for item in page["Contents"]}
    assert len(digits) == 1797
    assert stored.isdisjoint(hashlib.md5(path.read_bytes()).hexdigest() for path in digits)


@pytest.mark.full
def test_repro_pulled_loses_nothing_and_reruns_what_changed(second: Project) -> None:
    before = contents(second)
    second.set_params(index__engine__trees=4, ingest__max_pixels=50_000_000)
    printed = second.run("make", "repro-pulled").stdout
    running = [line for line in printed.splitlines() if line.startswith("Running stage")]
    assert running == ["Running stage 'index':"]
    after = contents(second)
    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    assert {str(Path(name).parent) for name in changed} == {"models/index"}


@pytest.mark.full
def test_repro_stops_before_it_loses_anything_where_the_source_is_not(second: Project) -> None:
    before = contents(second)
    stopped = second.run("make", "repro", fails=True)
    assert "ingest.source" in stopped.stderr
    assert contents(second) == before


@pytest.mark.full
def test_the_secret_is_in_no_file_but_env_and_is_never_printed(_round: Round, s3: S3Server) -> None:
    secret = s3.secret.encode()
    printed = _round.printed + output_of(_round.first, "make", "repro")
    assert "libraries" in printed  # the stage that always runs
    assert s3.secret not in printed
    for project in (_round.first, _round.second):
        holding = [
            str(path.relative_to(project.root))
            for path in project.root.rglob("*")
            if path.is_file()
            and ".venv" not in path.relative_to(project.root).parts
            and secret in path.read_bytes()
        ]
        assert holding == [".env"]


@pytest.mark.full
def test_make_repro_reads_an_s3_source_with_the_keys_in_env(
    fresh: Project, s3: S3Server, digit_files: dict[str, bytes]
) -> None:
    s3.make_bucket("photos")
    for path, data in digit_files.items():
        s3.client().put_object(Bucket="photos", Key=f"digits/{path}", Body=data)
    fresh.set_params(ingest__source="s3://photos/digits", train__epochs=0)
    link_environment(fresh)
    write_env(fresh, s3)
    assert s3.secret not in output_of(fresh, "make", "repro")
    assert json.loads(fresh.read("metrics/ingest.json"))["images"] == len(digit_files)

    fresh.environment |= s3.environment
    assert json.loads(fresh.run("dvc", "status", "ingest", "--json").stdout) == {}
    s3.client().put_object(Bucket="photos", Key=f"digits/{path}", Body=b"changed")
    assert "s3://photos/digits" in fresh.run("dvc", "status", "ingest", "--json").stdout


@pytest.mark.full
def test_a_wrong_secret_is_refused_and_the_right_one_completes(
    first: Project, s3: S3Server, tmp_path: Path
) -> None:
    wrong = s3.environment | {"AWS_SECRET_ACCESS_KEY": "0" * 40}
    first.path("notes.txt").write_text("one file more", encoding="utf-8")
    first.run("dvc", "add", "notes.txt")
    first.commit("one file more")
    clone = first.clone(tmp_path / "clone")
    for project, command in ((first, "push"), (clone, "pull")):
        project.environment |= wrong
        refused = project.run("dvc", command, "notes.txt.dvc", fails=True)
        assert "403" in refused.stderr
        assert "Traceback" not in refused.stderr
        project.environment |= s3.environment
        project.run("dvc", command, "notes.txt.dvc")
    assert clone.read("notes.txt") == "one file more"
    assert in_step_with_the_remote(first)


@pytest.mark.full
def test_a_server_that_goes_down_during_a_push_loses_nothing(
    fresh: Project, tmp_path: Path
) -> None:
    buckets = tmp_path / "buckets"
    server = start_s3(buckets, tmp_path / "s3.log")
    server.make_bucket("lookalike")
    photos = fresh.path("photos")
    photos.mkdir()
    for number in range(400):
        (photos / f"{number:03d}.bin").write_bytes(hashlib.sha256(b"%d" % number).digest() * 999)
    fresh.run("dvc", "add", "photos")
    fresh.environment |= server.environment
    push = fresh.start("dvc", "push", "photos.dvc")
    wait_for(lambda: sum(path.is_file() for path in buckets.rglob("*")) > 20)
    server.kill()
    _, errors = push.communicate(timeout=TIMEOUT)
    assert push.returncode != 0
    assert "Traceback" not in errors
    assert "ERROR: " in errors

    server = start_s3(buckets, tmp_path / "s3.log")
    fresh.environment |= server.environment
    fresh.run("dvc", "push", "photos.dvc")
    fresh.commit("photos")
    clone = fresh.clone(tmp_path / "clone")
    clone.environment |= server.environment
    clone.run("dvc", "pull", "photos.dvc")
    server.stop()
    for path in sorted(photos.iterdir()):
        assert (clone.root / "photos" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.full
def test_no_space_during_a_pull_is_said_and_the_next_one_completes(
    first: Project, s3: S3Server, tmp_path: Path
) -> None:
    clone = first.clone(tmp_path / "clone")
    clone.environment |= s3.environment
    # As on a full disk, but only for the largest file: DVC's own database is nearly as large
    checkpoint = first.path("models/checkpoints/last.safetensors").stat().st_size
    full = clone.run("bash", "-c", f"ulimit -f {checkpoint // 1024 - 1}; dvc pull", fails=True)
    assert "File too large" in full.stderr
    assert "Traceback" not in full.stderr
    assert not clone.path("models/checkpoints/last.safetensors").exists()
    clone.run("dvc", "pull")
    assert contents(clone) == contents(first)
    assert in_step_with_the_remote(clone)
