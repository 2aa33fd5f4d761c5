"""A project of its own for a benchmark: its parameters, and stages that are run as they are."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def write_project(folder: Path, params: str) -> None:
    """Write parameters, and the table of corrections, which has none, into a folder."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / "corrections.csv").write_text("path,id,action,label\n", encoding="utf-8")
    (folder / "params.yaml").write_text(params, encoding="utf-8")


def stage_command(stage: str) -> list[str]:
    """What runs a stage, in the folder of a project."""
    return [sys.executable, str(REPOSITORY / "src" / f"{stage}.py")]
