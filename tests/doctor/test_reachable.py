"""Do the servers answer that a project uses?"""

import socket
from pathlib import Path

import pytest
from dvc.repo import Repo

from lookalike.core.layout import Layout
from lookalike.doctor.reachable import mongodb_answer, remote_answer, store_answer
from services.servers import S3Server, Server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A DVC repository whose default remote is a bucket."""
    with Repo.init(str(tmp_path), no_scm=True) as repo, repo.config.edit() as config:
        config["core"]["remote"] = "storage"
        config["remote"]["storage"] = {"url": "s3://doctor/storage"}
    return tmp_path


@pytest.fixture
def keys(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return s3


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_bucket_that_is_there_answers(root: Path, keys: S3Server) -> None:
    keys.make_bucket("doctor")
    assert remote_answer(Layout(root)) == "storage: s3://doctor/storage answers"


def test_a_bucket_that_is_not_there_is_said(root: Path, keys: S3Server) -> None:
    with Repo(str(root)) as repo, repo.config.edit() as config:
        config["remote"]["storage"]["url"] = "s3://nowhere/storage"
    answer = remote_answer(Layout(root))
    assert answer.startswith("storage: s3://nowhere/storage: there is no such bucket")
    assert len(answer.splitlines()) == 1


def test_wrong_keys_are_said_without_the_secret(
    root: Path, keys: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    answer = remote_answer(Layout(root))
    assert "check the credentials" in answer
    assert "wrong-secret" not in answer


def test_a_project_without_a_remote_is_told_so(tmp_path: Path) -> None:
    Repo.init(str(tmp_path), no_scm=True).close()
    assert remote_answer(Layout(tmp_path)) == "no default remote is set"


def test_mongodb_answers_where_its_uri_says(
    mongodb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", f"mongodb://{mongodb.address}")
    assert mongodb_answer() == f"{mongodb.address} answers"


def test_mongodb_that_is_not_there_is_one_line_without_the_password(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = f"mongodb://me:hush@127.0.0.1:{closed_port}/?serverSelectionTimeoutMS=300"
    monkeypatch.setenv("MONGODB_URI", uri)
    monkeypatch.setattr("lookalike.doctor.reachable.SECONDS", 0.3)
    answer = mongodb_answer()
    assert answer.startswith(f"does not answer: 127.0.0.1:{closed_port}")
    assert len(answer.splitlines()) == 1
    assert "hush" not in answer


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "http://me:hush@host",
        "mongodb://me:hu/sh@host",
        "mongodb://me:1/hush@host",
        "mongodb://[",
    ],
)
def test_what_is_no_uri_of_mongodb_is_said(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", uri)
    assert mongodb_answer() == "MONGODB_URI is no URI of a MongoDB server"


def test_without_a_uri_there_is_nothing_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    assert mongodb_answer() == "MONGODB_URI is not set"


def test_a_store_that_holds_nothing_and_none_at_all_are_said(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("serve: {}\n")
    assert store_answer(Layout(tmp_path)) == "serve.store is not set"
    params.write_text(f"serve: {{store: 'lancedb:{tmp_path}/none'}}\n")
    assert store_answer(Layout(tmp_path)).endswith(
        "none: nothing is published there; run lookalike publish"
    )
