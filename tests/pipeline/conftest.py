"""Real projects, run by the real `dvc`: copies of this working tree as Git repositories."""

import operator
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.fixtures.sharing import made_once

from lookalike.inference.inference_file import Inference, write_inference
from lookalike.inference.numerics import BY_DEFAULT

REPOSITORY = Path(__file__).parents[2]
TIMEOUT = 300.0
DIGITS = "digits"  # the folder beside a finished project that it has ingested


def wait_for(condition: Callable[[], bool], seconds: float = TIMEOUT) -> None:
    """Wait until something is so; fail where it never is."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


class Project:
    """A Git repository with the pipeline in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DVC", "GIT_", "PYTHON", "AWS_", "PYTEST"))
        }
        self.environment |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Test",
            "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.org",
        }

    def run(self, *command: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command in the project; it has to succeed, or to fail where `fails` says so."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, text=True, capture_output=True
        )
        assert (done.returncode != 0) == fails, f"{command}\n{done.stdout}\n{done.stderr}"
        return done

    def lookalike(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the project's own command line, not that of the checkout that was installed."""
        call = "import sys; sys.path.insert(0, 'src'); from lookalike.cli import main; main()"
        return self.run("python", "-c", call, *arguments, fails=fails)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a command in the project, its output piped."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def commit(self, message: str) -> str:
        """Commit everything and return the revision."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--allow-empty", "--message", message)
        return self.run("git", "rev-parse", "HEAD").stdout.strip()

    def clone(self, root: Path) -> "Project":
        """Clone by Git alone: what DVC tracks is not there."""
        self.run("git", "clone", "--quiet", str(self.root), str(root))
        return Project(root)

    def set_params(self, **values: object) -> None:
        """Set parameters, named like `train__epochs=0`."""
        yaml = YAML()
        content = yaml.load(self.path("params.yaml"))
        for name, value in values.items():
            *above, key = name.split("__")
            reduce(operator.getitem, above, content)[key] = value
        yaml.dump(content, self.path("params.yaml"))
        later = time.time() + 2  # Git compares sizes and whole seconds
        os.utime(self.path("params.yaml"), (later, later))

    def params(self) -> dict[str, Any]:
        """The content of `params.yaml`."""
        content: dict[str, Any] = YAML(typ="safe").load(self.path("params.yaml"))
        return content

    def path(self, name: str) -> Path:
        return self.root / name

    def read(self, name: str) -> str:
        return self.path(name).read_text(encoding="utf-8")

    def stages_to_run(self) -> list[str]:
        """The stages that `dvc repro` would run now."""
        planned = self.run("dvc", "repro", "--dry").stdout
        stages = [line.split("'")[1] for line in planned.splitlines() if "Running stage" in line]
        return [stage for stage in stages if stage != "libraries"]  # which always runs


def copy_of_working_tree(root: Path) -> Project:
    """A new repository with the files that Git tracks here or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, root / name)
    project = Project(root)
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    return project


def link_environment(project: Project) -> None:
    """Give a project the running environment as its `.venv`, so that `make` installs nothing."""
    venv = project.path(".venv")
    venv.mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != ".installed":
            (venv / entry.name).symlink_to(entry)
    (venv / ".installed").touch()
    project.environment["PYTHONPATH"] = str(project.path("src"))


def project_made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Project]
) -> Project:
    """A project that the first test process makes for all of them; none may change it."""
    return Project(made_once(factory, name, lambda folder: make(folder / "project")) / "project")


def _smoke(root: Path) -> Project:
    root.mkdir(parents=True)
    project = copy_of_working_tree(root)
    project.run("python", "-m", "compileall", "-q", "src")  # once, for all copies
    project.lookalike("preset", "smoke")
    project.commit("the smoke preset")
    project.run("git", "gc", "--quiet")  # one file instead of one for each of the tree
    return project


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project_made_once(tmp_path_factory, "fresh", _smoke)


@pytest.fixture
def fresh(_fresh: Project, tmp_path: Path) -> Project:
    """The project as a fresh clone has it, at the smoke preset, nothing run."""
    return copy(_fresh, tmp_path / "fresh")


@pytest.fixture(scope="session")
def _finished(_fresh: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    def run_all(root: Path) -> Project:
        project = copy(_fresh, root)
        project.run("dvc", "repro", "samples")
        shutil.copytree(project.path("data/samples"), root.parent / DIGITS)
        project.set_params(ingest__source=f"../{DIGITS}")
        project.run("dvc", "repro")
        project.commit("digits of one's own")
        return project

    return project_made_once(tmp_path_factory, "finished", run_all)


@pytest.fixture
def finished(_finished: Project, tmp_path: Path) -> Project:
    """A copy of a project in which the smoke preset has run, on `DIGITS` beside it, committed."""
    return copy(_finished, tmp_path / "finished")


@pytest.fixture
def anywhere(finished: Project) -> Project:
    """The finished project with a source that experiments in folders of their own find, too."""
    name_source_by_whole_path(finished)
    return finished


def name_source_by_whole_path(project: Project) -> None:
    """Commit a finished project's source as an absolute path."""
    project.set_params(ingest__source=str(project.path(f"../{DIGITS}").resolve()))
    project.run("dvc", "commit", "--force", "ingest")
    project.commit("the source by its whole path")


@pytest.fixture
def run_stages(fresh: Project) -> Callable[..., Project]:
    """Run stage scripts, in their order, on a source of images and changed parameters."""

    def run(source: Path, **params: object) -> Project:
        fresh.set_params(ingest__source=str(source), **params)
        for stage in ("ingest", "split", "train"):
            fresh.run("python", f"src/{stage}.py")
        # all that the next stages need of the export stage
        write_inference(fresh.path("models/inference.json"), Inference(numerics=BY_DEFAULT))
        for stage in ("evaluate", "embed", "index"):
            fresh.run("python", f"src/{stage}.py")
        return fresh

    return run


def copy(project: Project, root: Path) -> Project:
    """A copy with everything: Git's and DVC's caches, all outputs, and the source beside it."""
    _copy_tree(project.root, root)
    if (digits := project.root.with_name(DIGITS)).exists():
        _copy_tree(digits, root.with_name(DIGITS))
    return Project(root)


def _copy_tree(source: Path, target: Path) -> None:
    """Copy thousands of files with their times, links as links, in a fraction of Python's time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    assert not target.exists()  # or `cp` would put the copy into it
    subprocess.run(["cp", "-R", "-P", "-p", str(source), str(target)], check=True)
