"""From images that users send to a registered version that is not live, on a real S3 server."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

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
    finished.path("metrics/gates.yaml").write_text(GATES)
    finished.run("dvc", "repro")
    finished.commit("a source in a bucket")
    finished.run("gto", "register", "model", "--version", "v0.1.0")
    finished.run("gto", "assign", "model", "--version", "v0.1.0", "--stage", "production")
    return finished


@pytest.mark.full
def test_fifty_images_of_users_become_a_registered_version_that_is_in_no_stage(
    in_production: Project,
    encoded: Callable[..., bytes],
    tmp_path: Path,
    started: list[subprocess.Popen[str]],
) -> None:
    project = in_production
    before = json.loads(project.read("metrics/ingest.json"))
    with (tmp_path / "log").open("w") as log:
        command = ["python", "-c", SERVE, "serve", "--port", "0"]
        service = subprocess.Popen(
            command, cwd=project.root, env=project.environment, stderr=log, text=True
        )
    started.append(service)
    wait_for(lambda: bool(LISTENING.search((tmp_path / "log").read_text())))
    found = LISTENING.search((tmp_path / "log").read_text())
    assert found is not None
    digits = load_digits()
    headers = {"Authorization": "Bearer secret"}
    with httpx.Client(base_url=found[1], headers=headers, timeout=60) as client:
        for pixels, label in zip(digits.images[-50:], digits.target[-50:], strict=True):
            gray = np.kron(255 - pixels * 255 / 16, np.ones((5, 5))).round().astype(np.uint8)
            file = {"file": encoded(gray)}
            answer = client.post("/predict", files=file, data={"collect": "true"}).json()
            [image] = answer["collected"]
            assert image["outcome"] == "accepted"
            correction = {"id": image["id"], "label": str(label)}
            assert client.post("/corrections", json=correction).status_code == 204
    service.terminate()
    service.wait(60)
    assert "50 new rows" in project.lookalike("collected").stdout
    project.commit("what users have corrected")
    said = project.lookalike("retrain", "--register").stdout
    assert "v0.1.1 is registered" in said
    assert "Against production (v0.1.0" in project.read(".cache/retrain.md").replace("\\", "")
    after = json.loads(project.read("metrics/ingest.json"))
    assert after["images"] == before["images"] + 50
    assert after["relabeled"] == 50
    assert project.run("git", "status", "--porcelain").stdout == ""
    tags = project.run("git", "tag", "--list").stdout.split()
    assert tags == ["model#production#1", "model@v0.1.0", "model@v0.1.1"]
    assert "v0.1.1 is registered" in project.lookalike("retrain", "--register").stdout
    assert project.run("git", "tag", "--list").stdout.split() == tags
