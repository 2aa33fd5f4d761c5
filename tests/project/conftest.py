"""A project as a clone has it, without results."""

import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The parameter file and the presets of this repository, at the preset `digits`."""
    from lookalike.project.preset import apply_preset

    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    shutil.copytree(REPOSITORY / "presets", tmp_path / "presets")
    apply_preset(tmp_path, "digits", None, None)
    return tmp_path
