"""Model, export and index of a revision: fetched whole or not at all, beside the working tree."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.layout import Layout
from lookalike.revisions.checkout import checkout
from lookalike.revisions.registry import resolve
from services.servers import S3Server

from .conftest import BUCKET, Registered

OneLineError = Callable[..., AbstractContextManager[None]]


def fetched(name: str, root: Path = Path()) -> Path:
    """The folder of a revision, of the project in the current folder."""
    return checkout(Layout(root), resolve(root, name)).root


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def state(clone: Registered) -> tuple[str, list[str]]:
    """The commit and the branch that are checked out, and what lies in the working tree."""
    head = clone.run("git", "log", "-1", "--format=%H %D", "--decorate-refs=HEAD").stdout
    listed = clone.run("git", "ls-files", "--others", "--modified", "--deleted").stdout
    ours = [name for name in listed.splitlines() if not name.startswith((".cache/", ".dvc/"))]
    return head, ours


def object_of(data: bytes) -> str:
    """Where the bucket has a file."""
    md5 = hashlib.md5(data).hexdigest()
    return f"files/md5/{md5[:2]}/{md5[2:]}"


def test_exactly_model_export_and_index_come_and_the_working_tree_stays(
    clone: Registered, registered: Registered
) -> None:
    before = state(clone)
    folder = fetched("v0.2.0")
    assert contents(folder / "models") == contents(registered.path("models"))
    assert {path.name for path in folder.iterdir()} == {"models"}
    objects = [path for path in clone.path(".dvc/cache").rglob("*") if path.is_file()]
    lists = 3  # of the files of each folder
    assert len(objects) == len({*contents(folder).values()}) + lists
    assert state(clone) == before == (before[0], [])


@pytest.mark.full
def test_each_version_has_its_own_index(clone: Registered) -> None:
    one, other = (contents(fetched(name)) for name in ("production", "v0.2.0"))
    assert one["models/index/index.json"] != other["models/index/index.json"]
    assert one["models/model/model.json"] == other["models/model/model.json"]


def test_what_is_here_is_not_fetched_again(
    clone: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fetched("production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert fetched("v0.1.0") == folder


@pytest.mark.full
def test_it_does_not_matter_where_in_the_project_it_is_asked_for(
    clone: Registered, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clone.path("notebooks").mkdir()
    monkeypatch.chdir(clone.path("notebooks"))
    assert (fetched("v0.1.0", Path("..")) / "models/index/index.json").is_file()
    monkeypatch.chdir(tmp_path)
    assert (fetched("v0.2.0", clone.root) / "models/index/index.json").is_file()


@pytest.mark.full
def test_asked_for_at_once_it_is_fetched_once(clone: Registered) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(fetched, ["production"] * 4))
    assert len(folders) == 1


def test_a_commit_in_which_nothing_has_run_is_one_line(
    clone: Registered, one_line_error: OneLineError
) -> None:
    with one_line_error("v0.1.0~1", "dvc.lock of this commit names no models/model"):
        fetched("model@v0.1.0~1")


@pytest.mark.parametrize("lacking", ["models/index/index.json", "models/index"])
def test_a_remote_that_lacks_a_file_is_one_line_and_nothing_is_left(
    lacking: str,
    clone: Registered,
    registered: Registered,
    s3: S3Server,
    one_line_error: OneLineError,
    capfd: pytest.CaptureFixture[str],
) -> None:
    lock = registered.read("dvc.lock")
    md5 = lock.split("models/index")[1].split("md5: ")[1].split()[0]
    key = f"files/md5/{md5[:2]}/{md5[2:]}"
    if lacking.endswith(".json"):
        key = object_of(registered.path(lacking).read_bytes())
    client = s3.client()
    data = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    client.delete_object(Bucket=BUCKET, Key=key)
    try:
        with one_line_error("v0.2.0 (", f"{lacking} is not in the remote"):
            fetched("v0.2.0")
    finally:
        client.put_object(Bucket=BUCKET, Key=key, Body=data)
    assert "ERROR" not in capfd.readouterr().err
    assert not list(clone.path(".cache").rglob("models"))
    assert (fetched("v0.2.0") / "models/index/index.json").is_file()


def test_without_network_it_is_one_line(
    clone: Registered,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with one_line_error("production (v0.1.0, ", "cannot be fetched", "127.0.0.1:9"):
        fetched("production")
    assert "ERROR" not in capfd.readouterr().err
    assert not list(clone.path(".cache").rglob("models"))


def test_a_listing_that_leads_elsewhere_writes_nothing_there(
    clone: Registered, s3: S3Server, one_line_error: OneLineError
) -> None:
    lock = clone.read("dvc.lock")
    md5 = lock.split("models/index")[1].split("md5: ")[1].split()[0]
    there = hashlib.md5(b"there").hexdigest()
    listing = json.dumps([{"md5": there, "relpath": "../../../../there"}]).encode()
    s3.client().put_object(Bucket=BUCKET, Key=object_of(b"there"), Body=b"there")
    s3.client().put_object(Bucket=BUCKET, Key=f"{object_of(listing)}.dir", Body=listing)
    clone.path("dvc.lock").write_text(lock.replace(md5, hashlib.md5(listing).hexdigest() + ".dir"))
    clone.commit("another index")
    with one_line_error("models/index names", "which is not taken"):
        fetched("HEAD")
    assert not list(clone.root.rglob("there"))
