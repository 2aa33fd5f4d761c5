"""From images that users send to a registered version that is not live, on a real S3 server."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep

import httpx
import numpy as np
import pytest
from sklearn.datasets import load_digits

from services.servers import S3Server

from .conftest import DIGITS, Project, wait_for

BUCKET, PREFIX = "retraining", "digits"
GATES = "bounds: {ingest.rejected: {at_most: 0}}\nlargest_drop: {accuracy: 1.0}\n"
LISTENING = re.compile(r"listening on (\S+)")
SERVE = "import sys; sys.path.insert(0, 'src'); from lookalike.cli import main; main()"
CLIENTS = 4
SECONDS = 2.0  # of load on each version

Serving = Callable[..., httpx.Client]


@pytest.fixture
def in_production(finished: Project, s3: S3Server) -> Project:
    """A project whose source is a prefix that a service collects into; v0.1.0 is in production."""
    s3.make_bucket(BUCKET)
    source = finished.path(f"../{DIGITS}")
    for path in sorted(source.rglob("*.*"))[::6]:  # fewer train faster
        key = f"{PREFIX}/images/{path.relative_to(source)}"
        s3.client().put_object(Bucket=BUCKET, Key=key, Body=path.read_bytes())
    finished.environment |= {**s3.environment, "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required"}
    finished.environment["LOOKALIKE_TOKEN"] = "secret"
    finished.set_params(
        ingest__source=f"s3://{BUCKET}/{PREFIX}/images",
        split__method="hashed",
        serve__collect=f"s3://{BUCKET}/{PREFIX}",
        serve__collect_per_minute=1000,
    )
    finished.run("dvc", "remote", "modify", "storage", "url", f"s3://{BUCKET}/storage")
    finished.path("metrics/gates.yaml").write_text(GATES)
    finished.run("dvc", "repro")
    finished.commit("a source in a bucket")
    finished.run("dvc", "push")
    finished.run("gto", "register", "model", "--version", "v0.1.0")
    finished.run("gto", "assign", "model", "--version", "v0.1.0", "--stage", "production")
    return finished


@pytest.fixture
def serving(tmp_path: Path, started: list[subprocess.Popen[str]]) -> Iterator[Serving]:
    """Start a project's service: `serving(project, "--rev", "production")`, a client of it."""
    clients: list[httpx.Client] = []

    def serve(project: Project, *arguments: str) -> httpx.Client:
        path = tmp_path / f"log-{len(started)}"
        with path.open("w") as log:
            command = ["python", "-c", SERVE, "serve", "--port", "0", *arguments]
            started.append(
                subprocess.Popen(
                    command, cwd=project.root, env=project.environment, stderr=log, text=True
                )
            )
        wait_for(lambda: bool(LISTENING.search(path.read_text())))
        found = LISTENING.search(path.read_text())
        assert found is not None
        headers = {"Authorization": "Bearer secret"}
        clients.append(httpx.Client(base_url=found[1], headers=headers, timeout=60))
        return clients[-1]

    yield serve
    for client in clients:
        client.close()


@contextmanager
def load(client: httpx.Client, image: bytes) -> Iterator[Counter[object]]:
    """Search without a pause while a block runs; how often there was which status or failure."""
    answers: Counter[object] = Counter()
    done = Event()

    def search() -> None:
        while not done.is_set():
            try:
                answers[client.post("/predict", files={"file": image}).status_code] += 1
            except httpx.HTTPError as error:
                answers[repr(error)] += 1

    threads = [Thread(target=search) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()


def served(client: httpx.Client) -> str:
    """The version that a service answers from."""
    version: str = client.get("/version").json()["revision"]["version"]
    return version


@pytest.mark.full
def test_fifty_images_of_users_become_a_version_that_a_service_rolls_to_and_back(
    in_production: Project,
    encoded: Callable[..., bytes],
    tmp_path: Path,
    serving: Serving,
) -> None:
    project = in_production
    before = json.loads(project.read("metrics/ingest.json"))
    client = serving(project)
    digits = load_digits()
    images = [
        encoded(np.kron(255 - pixels * 255 / 16, np.ones((5, 5))).round().astype(np.uint8))
        for pixels in digits.images[-50:]
    ]
    for image, label in zip(images, digits.target[-50:], strict=True):
        answer = client.post("/predict", files={"file": image}, data={"collect": "true"}).json()
        [kept] = answer["collected"]
        assert kept["outcome"] == "accepted"
        correction = {"id": kept["id"], "label": str(label)}
        assert client.post("/corrections", json=correction).status_code == 204
    pair = {"query": kept["id"], "hit": answer["hits"][0]["id"]}
    assert client.post("/hard-negatives", json=pair).status_code == 204

    said = project.lookalike("collected").stdout
    assert "corrections.csv: 50 new rows" in said
    assert "hard_negatives.csv: 1 new row" in said
    project.commit("what users have said")
    said = project.lookalike("retrain", "--register").stdout
    assert "v0.1.1 is registered" in said
    report = project.read(".cache/retrain.md").replace("\\", "")
    assert "Against production (v0.1.0" in report
    assert "| pairs | 0 | 1 |" in report
    after = json.loads(project.read("metrics/ingest.json"))
    assert after["images"] == before["images"] + 50
    assert after["relabeled"] == 50
    assert project.run("git", "status", "--porcelain").stdout == ""
    tags = project.run("git", "tag", "--list").stdout.split()
    assert tags == ["model#production#1", "model@v0.1.0", "model@v0.1.1"]
    assert "v0.1.1 is registered" in project.lookalike("retrain", "--register").stdout
    assert project.run("git", "tag", "--list").stdout.split() == tags

    project.run("dvc", "push")
    elsewhere = project.clone(tmp_path / "elsewhere")
    elsewhere.environment = project.environment
    client = serving(elsewhere, "--rev", "production")
    assert served(client) == "v0.1.0"
    with load(client, images[0]) as answers:
        for version in ("v0.1.1", "v0.1.0"):  # an update, and the way back
            assign = ["gto", "assign", "model", "--version", version, "--stage", "production"]
            project.run(*assign, "--force")
            begun = perf_counter()
            assert client.post("/reload").status_code == 200
            assert served(client) == version
            print(f"{version} after {perf_counter() - begun:.1f} s")
            sleep(SECONDS)
    print(f"answers: {dict(answers)}")
    assert set(answers) == {200}
