"""Run the pipeline, ask the gate, propose; what fails the gate is not committed."""

import subprocess
import sys
from pathlib import Path

from lookalike.compare.comparison import compare
from lookalike.compare.gate import gate
from lookalike.compare.pull_request import report
from lookalike.compare.snapshot import Snapshot
from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.layout import Layout
from lookalike.retrain.production import open_production
from lookalike.retrain.proposal import commit_results, register_version
from lookalike.retrain.results import check_clean, tracked_results


def retrain(project: Layout, against: str | None, register: bool, output: Path) -> list[str]:
    """Train again where data, code or parameters have changed, and propose the result.

    Args:
        project: the project; all but results is committed.
        against: see `open_production`.
        register: register the new version in the model registry, too; no stage is assigned.
        output: where the report goes, Markdown, whatever the gate says.

    Returns:
        What was done, and what a person may do now; lines.

    Raises:
        LookalikeError: something is not committed, a stage fails, or the gate does.
    """
    results = tracked_results(project)
    check_clean(project, results)
    production = open_production(project, against)
    _run_pipeline(project)
    _check_gate(project, production, output)
    branch = commit_results(project, results, production.name)
    version = register_version(project) if register else None
    return _next_steps(branch, version, output)


def _run_pipeline(project: Layout) -> None:
    command = [sys.executable, "-m", "dvc", "repro"]
    if subprocess.run(command, cwd=project.root, stdin=subprocess.DEVNULL).returncode:
        raise LookalikeError("dvc repro failed, see above; nothing is committed")


def _check_gate(project: Layout, production: Snapshot, output: Path) -> None:
    comparison = compare(production, Snapshot(project))
    checks = gate(comparison)
    with atomic_file(output) as partial:
        partial.write_text(report(comparison, checks, {}, ""), encoding="utf-8")
    failed = [check for check in checks if check.outcome == "failed"]
    if failed:
        reasons = "; ".join(f"{each.name}: {each.found} ({each.allowed})" for each in failed)
        raise LookalikeError(
            f"the gate fails against {production.name}: {reasons}; nothing is committed, and "
            f"{output} says more"
        )


def _next_steps(branch: str | None, version: str | None, output: Path) -> list[str]:
    if branch is None and version is None:
        return ["nothing new: dvc.lock and metrics are those of the last commit"]
    pushed = branch or "HEAD"
    if version is not None:
        return [
            f"the gate is passed, and {version} is registered; {output} says what is different. It "
            "goes live with the last of:",
            f"  dvc push && git push --follow-tags origin {pushed}",
            f"  gto assign model --version {version} --stage production --push",
        ]
    return [
        f"the gate is passed, and the branch {branch} has the results. To propose them:",
        f"  dvc push && git push --set-upstream origin {branch}",
        f"  gh pr create --head {branch} --title 'Retrain the model' --body-file {output}",
    ]
