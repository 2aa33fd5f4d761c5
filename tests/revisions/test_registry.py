"""What stages and versions of the model registry, and Git revisions, stand for."""

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.revisions.git import fetch
from lookalike.revisions.gto_import import import_gto
from lookalike.revisions.registry import Revision, resolve

OneLineError = Callable[..., AbstractContextManager[None]]
START = 1_700_000_000


class Tagged:
    """A repository of three commits, and tags as GTO writes them, at times of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch", "main")
        self.first, self.second, self.third = (self._commit(str(number)) for number in range(3))

    def git(self, *arguments: str, seconds: int = 0) -> str:
        environment = {name: text for name, text in os.environ.items() if "GIT_" not in name}
        names = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        done = subprocess.run(
            ["git", *names, *arguments],
            cwd=self.root,
            env=environment | {"GIT_COMMITTER_DATE": f"{START + seconds} +0000"},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def tag(self, name: str, commit: str, seconds: int = 0) -> None:
        self.git("tag", "--annotate", name, commit, "--message", name, seconds=seconds)

    def commit_of(self, name: str) -> str:
        return resolve(self.root, name).commit

    def _commit(self, message: str) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def tagged(tmp_path: Path) -> Tagged:
    """v0.1.0 and v0.2.0 are registered; none is assigned."""
    (tmp_path / "project").mkdir()
    project = Tagged(tmp_path / "project")
    project.tag("model@v0.1.0", project.first)
    project.tag("model@v0.2.0", project.second)
    return project


def test_a_version_is_the_commit_that_is_registered(tagged: Tagged) -> None:
    assert resolve(tagged.root, "v0.1.0") == Revision("v0.1.0", tagged.first, "v0.1.0")


def test_a_stage_is_the_version_that_was_assigned_last(tagged: Tagged) -> None:
    tagged.tag("model#production#1", tagged.first, 1)
    tagged.tag("model#production#2", tagged.second, 2)
    assert resolve(tagged.root, "production") == Revision("production", tagged.second, "v0.2.0")
    tagged.tag("model#production#3", tagged.first, 3)
    assert resolve(tagged.root, "production") == Revision("production", tagged.first, "v0.1.0")
    [shown] = import_gto().api.show(tagged.root, "model#production")
    assert shown["version"] == "v0.1.0"


def test_two_assignments_of_the_same_second_count_in_their_order(tagged: Tagged) -> None:
    for number, commit in enumerate([tagged.second, tagged.first] * 6, start=1):
        tagged.tag(f"model#production#{number}", commit, 1)
    assert tagged.commit_of("production") == tagged.first


def test_a_version_that_leaves_a_stage_gives_it_back_to_the_one_before(tagged: Tagged) -> None:
    tagged.tag("model#production#1", tagged.first, 1)
    tagged.tag("model#production#2", tagged.second, 2)
    tagged.tag("model#production!#3", tagged.second, 3)
    assert tagged.commit_of("production") == tagged.first


def test_a_stage_without_a_version_is_one_line(
    tagged: Tagged, one_line_error: OneLineError
) -> None:
    tagged.tag("model#production#1", tagged.first, 1)
    tagged.tag("model#production!#2", tagged.first, 2)
    with one_line_error("production: no version of model is in this stage any more", "gto history"):
        resolve(tagged.root, "production")


def test_a_version_that_is_registered_no_more_is_in_no_stage(tagged: Tagged) -> None:
    tagged.tag("model#production#1", tagged.first, 1)
    tagged.tag("model#production#2", tagged.second, 2)
    tagged.tag("model@v0.2.0!", tagged.second, 3)
    assert tagged.commit_of("production") == tagged.first


def test_a_git_revision_is_itself_and_says_its_version(tagged: Tagged) -> None:
    assert resolve(tagged.root, "main") == Revision("main", tagged.third, None)
    assert resolve(tagged.root, "HEAD~1") == Revision("HEAD~1", tagged.second, "v0.2.0")


def test_a_stage_comes_before_a_branch_of_its_name(tagged: Tagged) -> None:
    tagged.git("branch", "production", tagged.third)
    assert tagged.commit_of("production") == tagged.third
    tagged.tag("model#production#1", tagged.first, 1)
    assert tagged.commit_of("production") == tagged.first


def test_tags_of_other_artifacts_and_those_without_a_message_are_not_gtos(tagged: Tagged) -> None:
    tagged.tag("index#production#1", tagged.first)
    tagged.git("tag", "model@v9.0.0", tagged.third)
    tagged.git("branch", "production", tagged.second)
    assert tagged.commit_of("production") == tagged.second
    assert resolve(tagged.root, "main").version is None


def test_a_project_below_the_repository_has_a_registry_of_its_own(tagged: Tagged) -> None:
    below = tagged.root / "pipelines/cats"
    below.mkdir(parents=True)
    tagged.tag("pipelines/cats=model@v0.1.0", tagged.third)
    assert resolve(below, "v0.1.0").commit == tagged.third
    assert tagged.commit_of("v0.1.0") == tagged.first


def test_an_unknown_name_is_one_line(tagged: Tagged, one_line_error: OneLineError) -> None:
    with one_line_error("staging: no revision", "git fetch --tags", "gto show model"):
        resolve(tagged.root, "staging")


def test_without_a_repository_it_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    with one_line_error("not a git repository"):
        resolve(tmp_path, "production")


def test_new_tags_of_the_remote_are_fetched_and_no_branch_moves(
    tagged: Tagged, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    tagged.git("clone", "--quiet", str(tagged.root), str(clone))
    tagged.git("commit", "--quiet", "--allow-empty", "--message", "new")
    tagged.tag("model@v0.3.0", "HEAD")
    before = resolve(clone, "main")
    fetch(clone)
    assert resolve(clone, "v0.3.0").commit == tagged.git("rev-parse", "HEAD")
    assert resolve(clone, "main") == before


def test_a_remote_that_is_not_there_is_one_line_without_its_password(
    tagged: Tagged,
) -> None:
    tagged.git("remote", "add", "origin", "http://me:f00dcafe@127.0.0.1:9/project.git")
    with pytest.raises(LookalikeError, match=r"git fetch: .*127\.0\.0\.1") as caught:
        fetch(tagged.root)
    assert "f00dcafe" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
