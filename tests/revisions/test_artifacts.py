"""DVC's own commands fetch a registered version by its Git tag, without a clone."""

import subprocess
from pathlib import Path

import pytest

import lookalike as la

from .conftest import Registered


@pytest.mark.full
def test_model_and_index_of_a_version_come_from_the_repository(
    clone: Registered, registered: Registered, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    registered.assign("v0.2.0")
    registered.assign("v0.1.0")
    address = str(registered.root)
    for command in (
        ["artifacts", "get", address, "model", "--rev", "v0.1.0", "--out", "model"],
        ["artifacts", "get", address, "model", "--stage", "production", "--out", "production"],
        ["get", address, "models/index", "--rev", "model@v0.1.0", "--out", "index"],
    ):
        subprocess.run(["dvc", *command], cwd=elsewhere, check=True, capture_output=True)
    assert la.open_index(elsewhere / "index").description.engine.name == "annoy"
    weights = [elsewhere / name / "weights.safetensors" for name in ("model", "production")]
    expected = registered.path("models/model/weights.safetensors").read_bytes()
    assert [path.read_bytes() == expected for path in weights] == [True, True]
