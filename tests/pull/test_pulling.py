"""Bringing what DVC has pushed, without DVC: from a real S3 server and from folders."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, chdir
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

import pytest
from dvc.repo import Repo

from lookalike.commands.pull_serving import pull_serving as pull_command
from lookalike.core.errors import ConfigError, DataError
from lookalike.core.layout import Layout
from lookalike.images.store import ImageStore
from lookalike.pull.fingerprints import fingerprints
from lookalike.pull.pulling import pull_serving
from lookalike.pull.remote import Remote
from services.servers import S3Server

SOURCE = Path(__file__).parents[2] / "src"

OneLineError = Callable[..., AbstractContextManager[None]]

PIPELINE = """
stages:
  ingest: {cmd: "true", outs: [data/images]}
  export: {cmd: "true", outs: [models/export]}
  index: {cmd: "true", outs: [models/index]}
"""


class Pushed(NamedTuple):
    """A project whose outputs are in a remote; `lock` is the text of its `dvc.lock`."""

    root: Path
    remote: Path
    lock: str


@pytest.fixture(scope="module")
def pushed(
    tiny_export: Path,
    tiny_index: Path,
    tiny_images: ImageStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Pushed:
    root = tmp_path_factory.mktemp("pushed")
    (root / "dvc.yaml").write_text(PIPELINE)
    for name, folder in {
        "models/export": tiny_export,
        "models/index": tiny_index,
        "data/images": tiny_images.folder,
    }.items():
        shutil.copytree(folder, root / name)
    remote = tmp_path_factory.mktemp("remote")
    with chdir(root), Repo.init(no_scm=True) as repo:
        with repo.config.edit() as config:
            config["remote"]["storage"] = {"url": str(remote)}
            config["core"]["remote"] = "storage"
        repo.commit(force=True)
        repo.push()
    return Pushed(root, remote, (root / "dvc.lock").read_text())


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_model_and_index_come_from_s3_as_they_were_pushed(
    pushed: Pushed, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.make_bucket("pull")
    for path in pushed.remote.rglob("*"):
        if path.is_file():
            key = f"some/prefix/{path.relative_to(pushed.remote)}"
            s3.client().put_object(Bucket="pull", Key=key, Body=path.read_bytes())
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    found = pull_serving(Remote("s3://pull/some/prefix"), pushed.lock, "lock", Layout(tmp_path))
    assert found == fingerprints(Layout(pushed.root))
    for name in ("models/export", "models/index"):
        assert content(tmp_path / name) == content(pushed.root / name)
    assert not (tmp_path / "data").exists()


def test_what_is_there_already_stays(pushed: Pushed, tmp_path: Path) -> None:
    remote, project = Remote(str(pushed.remote)), Layout(tmp_path)
    pull_serving(remote, pushed.lock, "lock", project, images=True)
    inodes = {path: path.stat().st_ino for path in tmp_path.rglob("*")}
    (project.index / "index.json").write_text("damaged")
    pull_serving(remote, pushed.lock, "lock", project, images=True)
    same = [path for path, inode in inodes.items() if path.stat().st_ino == inode]
    assert project.export in same
    assert project.images in same
    assert project.index not in same
    assert content(project.index) == content(pushed.root / "models/index")


def test_the_command_takes_the_lock_of_a_revision(pushed: Pushed, tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    (tmp_path / "dvc.lock").write_text(pushed.lock)
    (tmp_path / "dvc.yaml").touch()
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "Lock"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "dvc.lock").write_text("stages: {}")
    done = subprocess.run(
        [sys.executable, "-m", "lookalike", "pull-serving", str(pushed.remote), "--rev", "v1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout.splitlines() == fingerprints(Layout(pushed.root)).lines()
    assert content(tmp_path / "models/index") == content(pushed.root / "models/index")


def test_a_lock_that_is_not_there_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    (tmp_path / "dvc.yaml").touch()
    with chdir(tmp_path):
        with one_line_error("none.lock: cannot be read (No such file or directory)"):
            pull_command(".", lock=Path("none.lock"))
        with one_line_error("git rev-parse: fatal: "):
            pull_command(".", rev="v1")


def test_it_imports_neither_dvc_nor_torch(pushed: Pushed, tmp_path: Path) -> None:
    code = "import sys; sys.modules.update(dvc=None, torch=None, s3fs=None, fsspec=None)\n"
    code += "from lookalike.cli import main; main()"
    options = ["pull-serving", pushed.remote, "--lock", pushed.root / "dvc.lock", "-o", tmp_path]
    command = [sys.executable, "-c", code, *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    assert subprocess.run(command, env=environment).returncode == 0


def test_a_damaged_file_leaves_what_was_there(
    pushed: Pushed, tmp_path: Path, one_line_error: OneLineError
) -> None:
    remote = shutil.copytree(pushed.remote, tmp_path / "remote")
    project = Layout(tmp_path / "project")
    pull_serving(Remote(str(remote)), pushed.lock, "lock", project)
    before = content(project.index)
    (project.index / "index.json").write_text("damaged")
    sha = md5(before["index.json"]).hexdigest()
    stored = remote / "files/md5" / sha[:2] / sha[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"other bytes")
    with one_line_error(str(remote), "is damaged", "dvc push", kind=DataError):
        pull_serving(Remote(str(remote)), pushed.lock, "lock", project)
    assert content(project.index) == {**before, "index.json": b"damaged"}
    stored.unlink()
    with one_line_error(str(remote), f"has no {sha}", "dvc push", kind=DataError):
        pull_serving(Remote(str(remote)), pushed.lock, "lock", project)


@pytest.mark.parametrize("name", ["../outside", "/outside", "a/b", "..", ""])
def test_a_listing_that_names_a_file_elsewhere_is_refused(
    name: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    listing = json.dumps([{"md5": "0" * 32, "relpath": name}]).encode()
    sha = md5(listing).hexdigest()
    stored = tmp_path / "files/md5" / sha[:2] / f"{sha[2:]}.dir"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(listing)
    with one_line_error(sha, "which is not taken", kind=DataError):
        Remote(str(tmp_path)).listing(f"{sha}.dir")


@pytest.mark.parametrize("text", ["", "[]", "stages: 3", "stages: {a: {outs: [{}]}}", "a: [", "{"])
def test_a_file_that_is_no_lock_is_one_line(
    text: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("some.lock", "dvc.lock", kind=DataError):
        pull_serving(Remote(str(tmp_path)), text, "some.lock", Layout(tmp_path))


def test_a_lock_without_an_index_says_what_to_run(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("some.lock", "models/export", "dvc repro", kind=DataError):
        pull_serving(Remote(str(tmp_path)), "stages: {}", "some.lock", Layout(tmp_path))


def test_an_address_of_no_known_kind_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("ftp://host/", kind=ConfigError):
        Remote("ftp://host/folder")


def test_no_secret_of_an_address_is_in_an_error(one_line_error: OneLineError) -> None:
    with pytest.raises(ConfigError) as caught:
        Remote("ftp://user:password@host/folder")
    assert "password" not in str(caught.value)
