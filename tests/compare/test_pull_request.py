"""The report on a pull request, and the workflow that posts it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.compare.conftest import Repository, query

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import to_json

WORKFLOWS = sorted((Path(__file__).parents[2] / ".github/workflows").glob("*.yml"))
Run = Callable[..., tuple[int, str]]
GATES = "largest_drop: {accuracy: 0.0}\n"


def workflow(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return content


def test_the_report_has_gate_metrics_data_parameters_and_pictures(
    compared: Repository, run: Run
) -> None:
    compared.write("metrics/gates.yaml", GATES)
    options = (
        "--pictures",
        "report",
        "--pictures-url",
        "https://example.org/1",
        "--html",
        "r.html",
    )
    code, text = run(compared.root, "pr-report", "main", *options)
    assert code == 0
    assert text.startswith("<!-- lookalike pull request report -->\n## ✅ The gate is passed")
    assert "by gates that it changes itself" in text
    assert "| accuracy | 1.0000 |" in text
    assert "| dog | 1 added, 1 removed, 1 relabeled, 1 moved |" in text
    assert "| train.lr | 0.1 | 0.2 |" in text
    shown = set(re.findall(r"\(https://example.org/1/(.+?)\)", text))
    assert shown == {path.name for path in (compared.root / "report").iterdir()}
    assert shown == {"metrics.png", "queries.png", "data.png"}
    page = (compared.root / "r.html").read_text(encoding="utf-8")
    assert '<p class="passed">the gate is passed</p>' in page


@pytest.mark.parametrize("name", ["photo.png", "notes.txt", ".hidden", "queries.png/a"])
def test_a_folder_that_somebody_else_made_is_refused_before_any_work_and_stays(
    name: str, compared: Repository, run: Run
) -> None:
    theirs = compared.root / "theirs" / name
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")
    with pytest.raises(LookalikeError, match="lookalike did not write"):
        run(compared.root, "pr-report", "no-such-revision", "--pictures", "theirs")
    found = (compared.root / "theirs").rglob("*")
    assert [path for path in found if path.is_file()] == [theirs]
    assert theirs.read_bytes() == b"theirs"


def test_the_pictures_of_an_earlier_report_are_replaced(compared: Repository, run: Run) -> None:
    compared.write("metrics/gates.yaml", GATES)
    for number in (1, 2):
        assert run(compared.root, "pr-report", "main", "--pictures", "report")[0] == 0, number
    shutil.rmtree(compared.layout.index)
    shutil.rmtree(compared.root / ".dvc/cache")
    compared.split({})
    run(compared.root, "pr-report", "main", "--pictures", "report")
    assert [path.name for path in (compared.root / "report").iterdir()] == ["metrics.png"]


def test_labels_are_no_markdown_and_mention_nobody(repository: Repository, run: Run) -> None:
    label = "@all |<img src=x> [a](http://b)"
    repository.write("metrics/gates.yaml", GATES)
    repository.queries({"1": query(label, label)})
    repository.split({})
    repository.commit()
    repository.queries({"1": query(label, "dog")})
    _, text = run(repository.root, "pr-report", "main")
    assert "@\u200ball \\|\\<img src=x\\> \\[a\\](http\\://b)" in text


def test_labels_of_any_length_make_no_report_that_github_refuses(
    repository: Repository, run: Run
) -> None:
    label = "<" * 300
    repository.write("metrics/gates.yaml", GATES)
    repository.write("params.yaml", to_json({f"{label}{n:03d}": label for n in range(100)}))
    repository.queries({str(n): query(f"{n:03d}{label}") for n in range(100)})
    repository.split({str(n): (f"{n:03d}{label}", "test") for n in range(100)})
    repository.commit()
    repository.write("params.yaml", to_json({f"{label}{n:03d}": f">{label}" for n in range(100)}))
    repository.queries({str(n): query(f"{n:03d}{label}", "dog") for n in range(100)})
    repository.split({str(n): (f"{n:03d}{label}", "train") for n in range(100)})
    _, text = run(repository.root, "pr-report", "main")
    assert "… and 60 more, in the HTML report." in text
    assert text.endswith("\n… the rest is in the HTML report.\n")
    assert len(text) < 65_536


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_that_runs_the_repositorys_code_cannot_write_to_it(path: Path) -> None:
    content = workflow(path)
    assert content["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in content["on"]
    for job in content["jobs"].values():
        if any("actions/checkout" in step.get("uses", "") for step in job["steps"]):
            permissions = job.get("permissions", {"contents": "read"})
            assert {name for name, access in permissions.items() if access == "write"} <= {
                "id-token"  # of a role that can only read
            }
