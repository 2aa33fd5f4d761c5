"""Drills of docs/operating.md: what is lost is there again, on real servers; each is timed."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import pytest
from ruamel.yaml import YAML

from services.servers import S3Server, Server, start_mongodb

from .conftest import Project

INDEX = "models/index"
BUCKET = "drills"
OTHER_STAGES = ("libraries", "ingest", "split", "train", "evaluate", "export", "embed")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long something took; `pytest -s` shows it."""
    started = perf_counter()
    yield
    print(f"{what}: {perf_counter() - started:.1f} s")


def keys(s3: S3Server) -> set[str]:
    pages = s3.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return {each["Key"] for page in pages for each in page.get("Contents", [])}


def key_of(md5: str) -> str:
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def files(s3: S3Server, listing: str) -> set[str]:
    """The keys of the files of a folder."""
    body = s3.client().get_object(Bucket=BUCKET, Key=listing)["Body"]
    return {key_of(file["md5"]) for file in json.load(body)}


def content(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.path(INDEX).iterdir()}


@pytest.fixture
def pushed(finished: Project, s3: S3Server) -> Project:
    """A project that has pushed, to a bucket that holds nothing else."""
    s3.make_bucket(BUCKET)
    for key in keys(s3):
        s3.client().delete_object(Bucket=BUCKET, Key=key)
    finished.environment |= {**s3.environment, "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required"}
    finished.run("dvc", "remote", "modify", "storage", "url", f"s3://{BUCKET}")
    finished.commit("a bucket of its own")
    finished.run("dvc", "push")
    return finished


@pytest.fixture
def lost(pushed: Project, s3: S3Server) -> Project:
    """The project whose bucket has lost the index: all of its objects, and no other."""
    locked = YAML(typ="safe").load(pushed.path("dvc.lock"))["stages"]["index"]["outs"]
    [md5] = [output["md5"] for output in locked if output["path"] == INDEX]
    listings = {key: files(s3, key) for key in keys(s3) if key.endswith(".dir")}
    gone = listings.pop(key_of(md5)).difference(*listings.values())  # the vectors are embed's, too
    for key in (key_of(md5), *gone):
        s3.client().delete_object(Bucket=BUCKET, Key=key)
    return pushed


def other_place(project: Project, root: Path) -> Project:
    """A clone on a machine that has no cache."""
    clone = project.clone(root)
    clone.environment = project.environment
    return clone


@pytest.mark.full
def test_a_bucket_that_has_lost_the_index_gets_it_from_a_clone_that_has_it(
    lost: Project, tmp_path: Path
) -> None:
    clone = other_place(lost, tmp_path / "clone")
    clone.run("dvc", "pull", fails=True)
    with timed("the bucket's index from a clone"):
        lost.run("dvc", "push")
    clone.run("dvc", "pull")
    assert content(clone) == content(lost)
    clone.lookalike("fresh")


@pytest.mark.full
def test_an_index_that_nobody_has_any_more_is_made_again_of_the_same_bytes(
    lost: Project, tmp_path: Path
) -> None:
    clone = other_place(lost, tmp_path / "clone")
    with timed("an index that nobody has"):
        clone.run("dvc", "pull", *OTHER_STAGES)
        clone.run("dvc", "repro", "--single-item", "index")
        clone.run("dvc", "push")
    assert clone.run("git", "status", "--short", "dvc.lock", "metrics").stdout == ""
    assert content(clone) == content(lost)


@pytest.mark.full
def test_a_database_that_is_lost_is_published_again(finished: Project, tmp_path: Path) -> None:
    def start() -> Server:
        server = start_mongodb(tmp_path / "databases", tmp_path / "log")
        finished.environment["MONGODB_URI"] = f"mongodb://{server.address}/lookalike"
        return server

    server = start()
    try:
        before = finished.lookalike("publish").stdout
        server.kill()
        shutil.rmtree(tmp_path / "databases")
        server = start()
        with timed("the database"):
            after = finished.lookalike("publish").stdout
        assert after == before
        finished.lookalike("publish", "--verify")
    finally:
        server.stop()
