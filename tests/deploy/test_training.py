"""The Job that trains on several hosts: valid, without rights, and it says one thing about them."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from .conftest import KUBERNETES, check_has_no_rights

OVERLAY = Path(__file__).parents[2] / "deploy/kubernetes/overlays/training"
FILES = sorted(OVERLAY.glob("[!k]*.yaml"))


def manifest(kind: str) -> dict[str, Any]:
    found = [YAML(typ="safe").load(path) for path in FILES]
    [one] = [content for content in found if content["kind"] == kind]
    return one


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_the_overlay_is_valid(path: Path) -> None:
    kubernetes_validate.validate(YAML(typ="safe").load(path), KUBERNETES, strict=True)


def test_the_pods_have_no_rights() -> None:
    pod = manifest("Job")["spec"]["template"]["spec"]
    check_has_no_rights(pod)
    [container] = pod["containers"]
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}


def test_there_are_as_many_pods_as_hosts_and_as_many_gpus_as_devices() -> None:
    job = manifest("Job")["spec"]
    [container] = job["template"]["spec"]["containers"]
    said = {each["name"]: each["value"] for each in container["env"]}
    assert said["HOSTS"] == str(job["completions"]) == str(job["parallelism"])
    assert said["DEVICES"] == container["resources"]["limits"]["nvidia.com/gpu"]


def test_the_first_pod_has_the_name_that_the_others_look_for() -> None:
    job, service = manifest("Job"), manifest("Service")
    template = job["spec"]["template"]
    [container] = template["spec"]["containers"]
    said = {each["name"]: each["value"] for each in container["env"]}
    # Kubernetes: the host name of a pod of an Indexed Job is $(job name)-$(index)
    assert job["spec"]["completionMode"] == "Indexed"
    assert said["MASTER_ADDR"] == f"{job['metadata']['name']}-0.{service['metadata']['name']}"
    assert template["spec"]["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    selectors = [service["spec"]["selector"]]
    selectors.append(manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"])
    assert selectors == [template["metadata"]["labels"]] * 2


def test_the_script_is_one_that_a_shell_understands() -> None:
    [container] = manifest("Job")["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["sh", "-euc"]  # ends at the first command that fails
    [script] = container["args"]
    subprocess.run(["sh", "-n", "-c", script], check=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_the_overlay_renders_with_every_file_and_the_image_of_whoever_deploys() -> None:
    command = ["kubectl", "kustomize", str(OVERLAY)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {each["kind"]: each for each in YAML(typ="safe").load_all(text)}
    assert len(found) == len(FILES)
    assert {each["metadata"]["namespace"] for each in found.values()} == {"lookalike"}
    [container] = found["Job"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/lookalike:pipeline"
