"""`lookalike serve --rev` and `lookalike search --rev` in a clone that has pulled nothing."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from tests.pipeline.conftest import REPOSITORY
from typer.testing import CliRunner

from lookalike.cli import app

from .conftest import Registered

OneLineError = Callable[..., AbstractContextManager[None]]
Serve = Callable[..., AbstractContextManager[httpx.Client]]


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not true():
        assert monotonic() < end, "waited in vain"
        sleep(0.05)


@pytest.fixture
def serve(clone: Registered) -> Serve:
    """Run `lookalike serve` in the clone while a block runs."""

    @contextmanager
    def run(*options: str) -> Iterator[httpx.Client]:
        log = clone.root.with_name("log")
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "lookalike", "serve", *options],
                env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
                stderr=errors,
            )
        try:
            until(lambda: "listening on" in log.read_text() or process.poll() is not None)
            [address] = re.findall(r"listening on (\S+)", log.read_text())
            with httpx.Client(base_url=address, timeout=60) as client:
                yield client
        finally:
            process.terminate()
            process.wait(60)

    return run


def served(client: httpx.Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/version").json()
    return answer


def version(client: httpx.Client) -> str | None:
    number: str | None = served(client)["revision"]["version"]
    return number


@pytest.mark.full
def test_the_service_of_a_clone_follows_the_stage_forth_and_back(
    serve: Serve, clone: Registered, registered: Registered, tiny_source: Path
) -> None:
    with serve("--rev", "production") as client:
        about = served(client)
        commit = registered.run("git", "rev-parse", "model@v0.1.0^{commit}").stdout.strip()
        assert about["revision"] == {"name": "production", "commit": commit, "version": "v0.1.0"}
        assert about["engine"] == "annoy"
        digit = {"file": (tiny_source / "3/03.png").read_bytes()}
        assert client.post("/predict", files=digit).json()["hits"][0]["path"] == "3/03.png"

        registered.assign("v0.2.0")
        assert client.post("/reload").status_code == 200  # which looks for new tags
        assert (version(client), served(client)["engine"]) == ("v0.2.0", "exact")

        registered.assign("v0.1.0")
        clone.run("git", "fetch", "--quiet", "--tags")  # which it notices
        until(lambda: version(client) == "v0.1.0")

        registered.unassign("v0.1.0")
        registered.unassign("v0.2.0")
        answer = client.post("/reload")
        assert answer.status_code == 409
        assert "no version of model is in this stage" in answer.json()["error"]["message"]
        assert client.post("/predict", files=digit).status_code == 200
    assert clone.run("git", "status", "--porcelain").stdout == ""
    assert not clone.path("models").exists()


@pytest.mark.full
def test_several_processes_move_to_the_new_version_together(
    serve: Serve, registered: Registered
) -> None:
    with serve("--rev", "production", "--workers", "2") as client:
        until(lambda: client.get("/readyz").status_code == 200)
        registered.assign("v0.2.0")
        assert client.post("/reload").status_code == 200

        def versions() -> set[str | None]:
            found = set()
            for _ in range(20):
                with httpx.Client(base_url=client.base_url) as fresh:
                    found.add(version(fresh))
            return found

        until(lambda: versions() == {"v0.2.0"})


@pytest.mark.full
def test_without_the_git_server_the_tags_that_are_here_count(
    serve: Serve, clone: Registered, registered: Registered
) -> None:
    registered.root.rename(registered.root.with_name("away"))
    with serve("--rev", "v0.2.0") as client:
        assert version(client) == "v0.2.0"
    log = clone.root.with_name("log").read_text()
    assert "v0.2.0 is what it was when tags were fetched last" in log


def test_a_version_that_nobody_registered_is_not_served(clone: Registered) -> None:
    # In a process of its own, as a service sets up logging for the whole of it
    done = subprocess.run(
        [sys.executable, "-m", "lookalike", "serve", "--rev", "v9.0.0"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 1
    assert "v9.0.0: no revision" in done.stderr.splitlines()[-1]
    assert "gto show model" in done.stderr.splitlines()[-1]


def test_a_search_by_a_version(clone: Registered, tiny_source: Path) -> None:
    image = str(tiny_source / "3/03.png")
    done = invoke("search", image, "--rev", "v0.2.0", "-k", "1", "--json")
    assert json.loads(done)["hits"][0]["path"] == "3/03.png"
    assert not clone.path("models").exists()


def invoke(*arguments: str) -> str:
    """Run a command in the current folder; its mistake is raised."""
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout
