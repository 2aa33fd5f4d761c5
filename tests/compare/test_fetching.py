"""Small files of revisions come from the DVC remote, wherever in the project one stands."""

import shutil
from pathlib import Path

import pytest
from dvc.repo import Repo
from tests.compare.conftest import Repository

from lookalike.compare.revisions import open_revisions
from lookalike.core.layout import find_project

PIPELINE = """\
stages:
  split: {cmd: 'true', outs: [data/split.csv]}
  index: {cmd: 'true', outs: [models/index]}
"""


@pytest.mark.parametrize("folder", [".", "some/folder"])
def test_they_are_fetched_of_a_commit_and_of_what_lies_here(
    folder: str, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository.root
    repository.write("dvc.yaml", PIPELINE)
    repository.write(
        ".dvc/config", f"[core]\n    remote = a\n['remote \"a\"']\n    url = {tmp_path}/a\n"
    )
    repository.write("some/folder/file", "")
    repository.write("data/split.csv", "id,path,label,split\n")
    for name in ("metadata.arrow", "thumbnails.arrow", "vectors.npy"):
        repository.write(f"models/index/{name}", name)
    with Repo(str(root)) as repo:
        repo.commit(force=True)
        repo.push()
    repository.commit()
    shutil.rmtree(root / ".dvc/cache")
    shutil.rmtree(root / "models")
    (root / "data/split.csv").unlink()
    monkeypatch.chdir(root / folder)
    project = find_project(Path())
    for side in open_revisions(project, "main", None, pull=True):
        for name in ("metadata.arrow", "thumbnails.arrow"):
            path = side.output(project.index / name)
            assert path is not None, (side.name, name)
            assert path.read_text() == name
        assert side.output(project.split) is not None
        assert side.output(project.index / "vectors.npy") is None  # is not small
