"""The hooks that `make hooks` installs: pinned, and they refuse what they are there for."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.pipeline.conftest import Project

REPOSITORY = Path(__file__).parents[1]
CONFIG = REPOSITORY / ".pre-commit-config.yaml"
PINNED = re.compile(r"^([\w.-]+)==", re.MULTILINE)
PACKAGES = {
    "check-added-large-files": "pre-commit-hooks",
    "detect-secrets-hook": "detect-secrets",
    "dvc": "dvc",
}


def hooks() -> dict[str, dict[str, Any]]:
    [local] = YAML(typ="safe").load(CONFIG)["repos"]
    assert local["repo"] == "local"
    return {hook["id"]: hook for hook in local["hooks"]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A repository with the hooks alone, and the environment as its `.venv`."""
    found = Project(tmp_path / "project")
    found.path(".venv/bin").mkdir(parents=True)
    for program in PACKAGES:
        source = Path(sys.executable).parent / program
        found.path(f".venv/bin/{program}").symlink_to(source)
    shutil.copy(CONFIG, found.root)
    found.path(".gitignore").write_text("/.venv/\n", encoding="utf-8")
    found.run("git", "init", "--quiet")
    return found


def refused(project: Project, hook: str) -> str:
    """What a hook that fails prints about the files that are staged."""
    project.run("git", "add", "--all")
    return project.run("pre-commit", "run", hook, fails=True).stdout


def test_the_configuration_is_valid() -> None:
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", str(CONFIG)], check=True)


def test_every_program_is_pinned_or_a_target_of_make() -> None:
    pinned = set(PINNED.findall((REPOSITORY / "requirements.txt").read_text(encoding="utf-8")))
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    for hook in hooks().values():
        program, *arguments = shlex.split(hook["entry"])
        if program == "make":
            assert arguments[-1] in targets
        else:
            assert PACKAGES[program.removeprefix(".venv/bin/")] in pinned


def test_a_secret_is_refused(project: Project) -> None:
    key = "AKIA" + "Z7QLX3VN" + "T2WRKM5P"
    project.path("settings.py").write_text(f'key = "{key}"\n', encoding="utf-8")
    assert "AWS Access Key" in refused(project, "secrets")


def test_a_large_file_is_refused(project: Project) -> None:
    project.path("weights.bin").write_bytes(bytes(600_000))
    assert "weights.bin (586 KB) exceeds 500 KB" in refused(project, "large-files")


@pytest.mark.full
def test_the_repository_holds_no_secret() -> None:
    entry = shlex.split(hooks()["secrets"]["entry"])[1:]
    excluded = re.compile(hooks()["secrets"]["exclude"])
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )
    files = [name for name in listed.stdout.splitlines() if not excluded.search(name)]
    program = Path(sys.executable).with_name("detect-secrets-hook")
    done = subprocess.run([program, *entry, *files], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
