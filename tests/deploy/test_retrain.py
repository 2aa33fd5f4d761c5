"""The CronJob that retrains: valid, without rights, and it does what `lookalike` can."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"
COMPONENT = KUBERNETES / "components/retrain"
VERSION = "1.34"
OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: lookalike
resources: [../../base]
components: [../../components/retrain]
images:
  - {name: lookalike-pipeline, newName: registry.example.com/lookalike, newTag: pipeline}
"""


def job() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(COMPONENT / "cron-job.yaml")
    return content


@pytest.mark.parametrize("path", sorted(COMPONENT.glob("*-*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_the_component_is_valid(path: Path) -> None:
    kubernetes_validate.validate(YAML(typ="safe").load(path), VERSION, strict=True)


def test_the_pod_has_no_rights_and_one_runs_at_a_time() -> None:
    spec = job()["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    [container] = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_nothing_is_pushed_before_the_gate_and_no_stage_is_assigned() -> None:
    [container] = job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-euc"]  # ends at the first command that fails
    [script] = container["args"]
    steps = [line.split()[:2] for line in script.splitlines()]
    retrain = steps.index(["lookalike", "retrain"])
    assert all(steps.index(push) > retrain for push in (["dvc", "push"], ["git", "push"]))
    assert "assign" not in script


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_an_overlay_with_the_component_renders_and_its_pods_get_no_searches(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(KUBERNETES, tmp_path / "kubernetes"))
    (folder / "overlays/retrain").mkdir()
    (folder / "overlays/retrain/kustomization.yaml").write_text(OVERLAY)
    command = ["kubectl", "kustomize", str(folder / "overlays/retrain")]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {(each["kind"], each["metadata"]["name"]): each for each in YAML().load_all(text)}
    cron_job = found["CronJob", "lookalike-retrain"]
    assert cron_job["metadata"]["namespace"] == "lookalike"
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]
    assert pod["spec"]["containers"][0]["image"] == "registry.example.com/lookalike:pipeline"
    selector = found["Service", "lookalike"]["spec"]["selector"]
    assert not selector.items() <= pod["metadata"]["labels"].items()
