"""Overlays as `kubectl` renders them."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[2]
Manifest = dict[str, Any]
Render = Callable[[str], list[Manifest]]
KUBERNETES = "1.34"


def check_has_no_rights(pod: Manifest) -> None:
    """Assert that the one container of a pod may do nothing that it does not need."""
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """What an overlay gives, with the repository's dvc.lock: `render("production")`."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl, which renders overlays, is not installed")
    folder = tmp_path_factory.mktemp("kubernetes") / "kubernetes"
    shutil.copytree(REPOSITORY / "deploy/kubernetes", folder)
    shutil.copy(REPOSITORY / "dvc.lock", folder / "overlays/production")

    def run(overlay: str) -> list[Manifest]:
        command = ["kubectl", "kustomize", str(folder / "overlays" / overlay)]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return list(YAML(typ="safe").load_all(text))

    return run
