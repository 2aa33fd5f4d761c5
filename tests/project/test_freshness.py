"""`lookalike fresh`: whether the lock file is that of the workspace, and pushed; nothing pulled."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.pipeline.conftest import Project, copy
from typer.testing import CliRunner

from lookalike.cli import app
from lookalike.core.errors import LookalikeError
from services.servers import S3Server

PIPELINE = """\
stages:
  prepare:
    cmd: mkdir -p prepared && cp words.txt prepared/a.txt && cp code.py prepared/b.txt
    deps: [code.py, words.txt]
    outs: [prepared]
  train:
    cmd: cat prepared/*.txt > model.txt && echo 1 > score.json
    deps: [prepared]
    params: [lr, epochs]
    outs:
      - model.txt
      - score.json: {cache: false}
"""
BUCKET = "fresh"
PREPARED = "prepared/a.txt"
PART = "prepared: 1 of 2 files are not in the remote"
Fresh = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def _pushed(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two stages that have run and whose outputs are in the remote."""
    project = Project(tmp_path_factory.mktemp("fresh") / "project")
    project.root.mkdir()
    s3.make_bucket(BUCKET)
    project.environment |= s3.environment
    for name, text in {
        "code.py": "print('code')\n",
        "dvc.yaml": PIPELINE,
        "params.yaml": "lr: 0.1\nepochs: 2\nunread: 0\n",
        "words.txt": "words\n",
    }.items():
        project.path(name).write_text(text, encoding="utf-8")
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.run("dvc", "init", "--quiet")
    project.run("dvc", "remote", "add", "--default", "storage", f"s3://{BUCKET}")
    project.run("dvc", "repro")
    project.run("dvc", "push")
    project.commit("results")
    return project


@pytest.fixture
def pushed(_pushed: Project, tmp_path: Path) -> Project:
    """A copy of it."""
    return copy(_pushed, tmp_path / "pushed")


@pytest.fixture
def clone(_pushed: Project, tmp_path: Path) -> Project:
    """A clone that has pulled nothing."""
    return _pushed.clone(tmp_path / "clone")


@pytest.fixture
def hashes(_pushed: Project) -> dict[str, str]:
    """The MD5 of every output, and of every file of a folder among them."""
    stages = YAML(typ="safe").load(_pushed.path("dvc.lock"))["stages"].values()
    found = {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}
    listed = _pushed.path(f".dvc/cache/files/md5/{found['prepared'][:2]}/{found['prepared'][2:]}")
    parts = json.loads(listed.read_text(encoding="utf-8"))
    del found["score.json"]  # Git's
    return found | {f"prepared/{part['relpath']}": part["md5"] for part in parts}


@pytest.fixture
def fresh(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Fresh:
    """Run the command; its exit code and what it printed."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)

    def call(project: Project, *options: str) -> tuple[int, list[str]]:
        monkeypatch.chdir(project.root)
        done = CliRunner().invoke(app, ["fresh", *options])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.stdout.splitlines()

    return call


def differences(fresh: Fresh, project: Project) -> list[str]:
    """What the command finds without the remote."""
    code, lines = fresh(project, "--no-remote")
    assert code == 1, lines
    return lines


def test_a_clone_that_pulled_nothing_is_fresh_and_stays_empty(clone: Project, fresh: Fresh) -> None:
    code, lines = fresh(clone)
    assert (code, len(lines)) == (0, 1)
    assert not clone.path("prepared").exists()
    assert not list(clone.path(".dvc/cache").rglob("*/*/*"))


def test_changed_code_and_changed_parameters_are_named(clone: Project, fresh: Fresh) -> None:
    clone.path("code.py").write_text("print('other')\n", encoding="utf-8")
    clone.path("params.yaml").write_text("lr: 0.2\nunread: 1\n", encoding="utf-8")
    assert differences(fresh, clone) == [
        "prepare: code.py is modified",
        "train: epochs of params.yaml is deleted",
        "train: lr of params.yaml is modified",
    ]


def test_data_and_results_that_were_edited_are_named(pushed: Project, fresh: Fresh) -> None:
    for name in (PREPARED, "score.json"):
        pushed.path(name).unlink()  # it may be a link into the cache
        pushed.path(name).write_text("2\n", encoding="utf-8")
    assert differences(fresh, pushed) == [
        "prepare: prepared, which it writes, is modified",
        "train: prepared is modified",
        "train: score.json, which it writes, is modified",
    ]


def test_edited_data_are_named_where_the_cache_is_empty(pushed: Project, fresh: Fresh) -> None:
    shutil.rmtree(pushed.path(".dvc/cache"))
    pushed.path("model.txt").unlink()
    pushed.path("model.txt").write_text("edited\n", encoding="utf-8")
    assert differences(fresh, pushed) == ["train: model.txt, which it writes, is modified"]


def test_missing_code_and_a_missing_figure_are_named(clone: Project, fresh: Fresh) -> None:
    clone.path("code.py").unlink()
    clone.path("score.json").unlink()
    assert differences(fresh, clone) == [
        "prepare: code.py is deleted",
        "train: score.json, which it writes, is deleted",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("echo 1", "echo 2", "train: its command is another one"),
        ("  train:", "  fit:", "fit: is not in dvc.lock: it has not run"),
        ("  train:", "  fit:", "train: is in dvc.lock, but not in dvc.yaml"),
        ("[code.py, w", "[w", "prepare: dvc.lock names code.py, which dvc.yaml does not"),
        ("[prepared]\n    params", "[prepared, code.py]\n    params", "train: code.py is modified"),
    ],
)
def test_another_dvc_yaml_is_named(
    clone: Project, fresh: Fresh, old: str, new: str, line: str
) -> None:
    assert PIPELINE.count(old) == 1
    clone.path("dvc.yaml").write_text(PIPELINE.replace(old, new), encoding="utf-8")
    assert line in differences(fresh, clone)


def test_a_lock_file_mended_by_hand_is_caught(clone: Project, fresh: Fresh) -> None:
    lock = clone.read("dvc.lock")
    before, after = lock.split("  train:")
    [made] = [line for line in before.splitlines() if ".dir" in line]
    assert made in after
    other = before.replace(made, made.replace(made.split()[-1], f"{'0' * 32}.dir"))
    clone.path("dvc.lock").write_text(f"{other}  train:{after}", encoding="utf-8")
    assert differences(fresh, clone) == [
        "train: prepared is not what prepare wrote, after dvc.lock"
    ]


@pytest.mark.parametrize(
    ("lost", "lines"),
    [
        (["model.txt"], ["model.txt: is not in the remote"]),
        (["prepared"], ["prepared: is not in the remote"]),
        ([PREPARED, "model.txt"], ["model.txt: is not in the remote", PART]),
        (["prepared/b.txt"], [PART]),
    ],
)
def test_what_the_remote_does_not_have_is_named(
    clone: Project,
    fresh: Fresh,
    s3: S3Server,
    hashes: dict[str, str],
    lost: list[str],
    lines: list[str],
) -> None:
    bucket = f"lacks-{'-'.join(lost)}".replace("/", "-")
    s3.make_bucket(bucket)
    for md5 in set(hashes.values()) - {hashes[name] for name in lost}:
        key = f"files/md5/{md5[:2]}/{md5[2:]}"
        s3.client().copy_object(Bucket=bucket, Key=key, CopySource=f"{BUCKET}/{key}")
    config = clone.read(".dvc/config").replace(BUCKET, bucket)
    clone.path(".dvc/config").write_text(config, encoding="utf-8")
    assert fresh(clone) == (1, lines)


@pytest.mark.parametrize("secret", ["0" * 40, None])
def test_a_remote_that_lets_nobody_in_is_one_line(
    clone: Project, fresh: Fresh, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    else:
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    with pytest.raises(LookalikeError) as refused:
        fresh(clone)
    assert len(str(refused.value).splitlines()) == 1
    assert "the remote cannot be asked (--no-remote leaves it out): " in str(refused.value)


def test_what_was_found_before_the_remote_refuses_is_printed(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(clone.root)
    clone.path("code.py").write_text("print('other')\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["fresh"])
    assert isinstance(done.exception, LookalikeError)
    assert done.stdout == "prepare: code.py is modified\n"
