"""The CronJob that retrains: valid, without rights, and it does what `lookalike` can."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from .conftest import KUBERNETES, REPOSITORY, Render, check_has_no_rights

COMPONENT = REPOSITORY / "deploy/kubernetes/components/retrain"


def job() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(COMPONENT / "cron-job.yaml")
    return content


@pytest.mark.parametrize("path", sorted(COMPONENT.glob("*-*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_the_component_is_valid(path: Path) -> None:
    kubernetes_validate.validate(YAML(typ="safe").load(path), KUBERNETES, strict=True)


def test_the_pod_has_no_rights_and_one_runs_at_a_time() -> None:
    spec = job()["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    check_has_no_rights(pod)
    [container] = pod["containers"]
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


def test_the_overlay_pushes_by_the_image_of_the_pipeline_and_its_pods_get_no_searches(
    render: Render,
) -> None:
    found = {(each["kind"], each["metadata"]["name"]): each for each in render("retraining")}
    cron_job = found["CronJob", "lookalike-retrain"]
    pod = cron_job["spec"]["jobTemplate"]["spec"]["template"]
    assert pod["spec"]["containers"][0]["image"] == "registry.example.com/lookalike:pipeline"
    assert ("ServiceAccount", pod["spec"]["serviceAccountName"]) in found
    policy = found["NetworkPolicy", "lookalike-retrain"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    selector = found["Service", "lookalike"]["spec"]["selector"]
    assert not selector.items() <= pod["metadata"]["labels"].items()
