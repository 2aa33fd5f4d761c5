"""Retraining by the real DVC, Git and GTO: only what passes the gate is proposed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.retrain.retraining import retrain
from lookalike.revisions.gto_import import import_gto

from .conftest import Small

OneLineError = Callable[..., AbstractContextManager[None]]
REPORT = Path(".cache/retrain.md")


def test_what_passes_the_gate_is_a_commit_of_results_alone_on_a_branch_of_its_own(
    small: Small, one_line_error: OneLineError
) -> None:
    small.set_source(right=18)
    said = "\n".join(retrain(small.project, None, False, REPORT))
    [branch] = set(small.branches()) - {"main"}
    assert branch.startswith("retrain-")
    assert small.git("rev-parse", "--abbrev-ref", "HEAD") == branch
    assert small.git("rev-parse", "HEAD~") == small.git("rev-parse", "main")
    assert small.git("diff", "--name-only", "main", "HEAD").split() == [
        "dvc.lock",
        "metrics/evaluate.json",
        "metrics/evaluate/queries.csv",
    ]
    assert f"git push --set-upstream origin {branch}" in said
    assert f"gh pr create --head {branch}" in said
    assert "✅ The gate is passed" in REPORT.read_text(encoding="utf-8")
    assert small.tags() == []
    assert "nothing new" in retrain(small.project, None, False, REPORT)[0]
    small.git("switch", "--quiet", "main")
    with one_line_error(branch, "have been proposed"):  # and perhaps others have committed there
        retrain(small.project, None, False, REPORT)


def test_what_fails_the_gate_is_not_committed_and_the_report_says_why(
    small: Small, one_line_error: OneLineError
) -> None:
    small.set_source(right=5)
    before = small.git("rev-parse", "HEAD")
    with one_line_error("the gate fails", "evaluate.accuracy: 0.25", "at least 0.5", str(REPORT)):
        retrain(small.project, None, True, REPORT)
    assert small.git("rev-parse", "HEAD") == before
    assert small.branches() == ["main"]
    assert small.tags() == []
    assert "❌ The gate fails" in REPORT.read_text(encoding="utf-8")


def test_it_is_compared_with_production_where_a_version_is(
    small: Small, one_line_error: OneLineError
) -> None:
    small.set_source(right=20)
    small.run_pipeline()
    small.commit()
    small.register("v0.1.0")
    import_gto().api.assign(small.root, "model", "production", version="v0.1.0")
    small.set_source(right=10)
    small.run_pipeline()
    small.commit()  # main is no better, so against it the gate would be passed
    with one_line_error("against production (v0.1.0"):
        retrain(small.project, None, False, REPORT)
    assert "nothing new" in retrain(small.project, "main", False, REPORT)[0]


def test_a_registered_version_is_in_no_stage_and_is_not_registered_twice(small: Small) -> None:
    small.register("v0.1.0")
    small.set_source(right=18)
    small.run_pipeline()  # as a run that was killed before it could commit
    said = "\n".join(retrain(small.project, None, True, REPORT))
    assert "v0.1.1 is registered" in said
    assert "gto assign model --version v0.1.1 --stage production" in said
    assert small.tags() == ["model@v0.1.0", "model@v0.1.1"]
    assert small.git("rev-list", "-1", "model@v0.1.1") == small.git("rev-parse", "HEAD")
    assert "v0.1.1 is registered" in retrain(small.project, None, True, REPORT)[0]
    assert small.tags() == ["model@v0.1.0", "model@v0.1.1"]


@pytest.mark.parametrize("name", ["params.yaml", "new.py"])
def test_what_is_not_committed_is_named_before_anything_runs(
    name: str, small: Small, one_line_error: OneLineError
) -> None:
    small.set_source(right=18)
    small.write(name, "{a: 1}\n")
    with one_line_error(name, "not committed"):
        retrain(small.project, None, False, REPORT)
    assert small.git("status", "--porcelain", "metrics", "dvc.lock") == ""


def test_a_stage_that_fails_ends_in_one_line(small: Small, one_line_error: OneLineError) -> None:
    small.write("dvc.yaml", (small.root / "dvc.yaml").read_text().replace("mkdir -p", "false"))
    small.commit()
    with one_line_error("dvc repro failed", "nothing is committed"):
        retrain(small.project, None, False, REPORT)
    assert small.branches() == ["main"]
