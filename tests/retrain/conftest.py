"""A project whose pipeline measures what lies in its source; its last results are committed."""

import os
import subprocess
from pathlib import Path

import pytest
from dvc.repo import Repo

from lookalike.core.layout import Layout
from lookalike.evaluate.query_table import QUERY_COLUMNS
from lookalike.revisions.gto_import import import_gto

PIPELINE = """\
stages:
  evaluate:
    cmd:
      - mkdir -p metrics/evaluate
      - cp source/queries.csv metrics/evaluate
      - cp source/evaluate.json metrics
    deps: [source]
    outs:
      - metrics/evaluate:
          cache: false
    metrics:
      - metrics/evaluate.json:
          cache: false
"""
GATES = "bounds: {evaluate.accuracy: {at_least: 0.5}}\nlargest_drop: {accuracy: 0.0}\n"


class Small:
    """The project, on `main`."""

    def __init__(self, root: Path) -> None:
        self.project = Layout(root)
        self.root = root

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a change")

    def set_source(self, right: int) -> None:
        """Commit a source whose 20 test images have `right` right classes; run nothing."""
        lines = [",".join(QUERY_COLUMNS)]
        for number in range(20):
            correct = int(number < right)
            predicted = "cat" if correct else "dog"
            lines.append(f"{number:02d},{number}.png,cat,{predicted},00,{correct},1,1")
        self.write("source/queries.csv", "\n".join(lines) + "\n")
        self.write("source/evaluate.json", f'{{"accuracy": {right / 20}}}\n')
        self.commit()

    def run_pipeline(self) -> None:
        with Repo(str(self.root)) as repo:
            repo.reproduce()

    def register(self, version: str) -> None:
        import_gto().api.register(self.root, "model", "HEAD", version=version)

    def tags(self) -> list[str]:
        return self.git("tag", "--list").splitlines()

    def branches(self) -> list[str]:
        return self.git("branch", "--format=%(refname:short)").splitlines()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The project; 15 of 20 test images are classified rightly, and that is committed."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    small = Small(root)
    small.git("init", "--quiet", "--initial-branch", "main")
    Repo.init(str(root)).close()
    small.write(".gitignore", "/.cache/\n")
    small.write("dvc.yaml", PIPELINE)
    small.write("params.yaml", "{}\n")
    small.write("metrics/gates.yaml", GATES)
    small.set_source(right=15)
    small.run_pipeline()
    small.commit()
    return small
