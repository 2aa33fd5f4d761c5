"""The manifests: valid, no more rights than needed, and a rollout that fails no request.

`kubectl` renders the overlays; everything else needs no more than these files.
"""

from pathlib import Path

import kubernetes_validate
import pytest
from ruamel.yaml import YAML

from lookalike.core.params import read_params
from lookalike.serve.app import ROUTERS
from lookalike.serve.guard import OPEN_PATHS, OPEN_PREFIXES
from lookalike.serve.params import ServeParams
from lookalike.serve.schemas import MODEL

from .conftest import KUBERNETES, REPOSITORY, Manifest, Render, check_has_no_rights

DEPLOY = REPOSITORY / "deploy"
BASE = DEPLOY / "kubernetes/base"
OVERLAYS = ("baked", "production", "retraining")
NOT_OF_KUBERNETES = {"ServiceMonitor", "PrometheusRule", "InferenceService", "SeldonDeployment"}


def manifests(path: Path) -> list[Manifest]:
    return list(YAML(typ="safe").load_all(path))


def of_kind(kind: str, found: list[Manifest]) -> Manifest:
    [one] = [manifest for manifest in found if manifest["kind"] == kind]
    return one


def pods() -> dict[str, Manifest]:
    """The pod of each way to deploy, by name."""
    serving = of_kind("InferenceService", manifests(DEPLOY / "kserve.yaml"))
    [seldon] = manifests(DEPLOY / "seldon.yaml")
    # What KServe adds to a pod
    predictor = {
        name: value
        for name, value in serving["spec"]["predictor"].items()
        if name not in {"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "timeout"}
    }
    [deployment] = manifests(BASE / "deployment.yaml")
    return {
        "kubernetes": deployment["spec"]["template"]["spec"],
        "kserve": predictor,
        "seldon": seldon["spec"]["predictors"][0]["componentSpecs"][0]["spec"],
    }


@pytest.fixture(scope="module", params=OVERLAYS)
def rendered(request: pytest.FixtureRequest, render: Render) -> list[Manifest]:
    """What an overlay gives."""
    return render(request.param)


def test_a_rendered_overlay_is_valid(rendered: list[Manifest]) -> None:
    for manifest in rendered:
        if manifest["kind"] not in NOT_OF_KUBERNETES:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        assert manifest["metadata"]["namespace"] == "lookalike"


def test_everything_that_a_rendered_pod_mounts_or_reads_is_there(rendered: list[Manifest]) -> None:
    pod = of_kind("Deployment", rendered)["spec"]["template"]["spec"]
    there = {m["metadata"]["name"] for m in rendered if m["kind"] == "ConfigMap"}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    named = {v["configMap"]["name"] for v in volumes.values() if "configMap" in v}
    for container in pod["containers"] + pod.get("initContainers", []):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes.keys()
        assert container["image"].startswith("registry.example.com/lookalike:")
        for variable in container.get("env", []):
            if "configMapKeyRef" in variable["valueFrom"]:
                named.add(variable["valueFrom"]["configMapKeyRef"]["name"])
    assert named == there


@pytest.mark.parametrize("path", sorted(BASE.glob("*-*.yaml")), ids=lambda path: path.stem)
def test_a_file_of_the_base_is_valid(path: Path) -> None:
    for manifest in manifests(path):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("pod", pods())
def test_a_pod_is_valid_and_has_no_rights(pod: str) -> None:
    spec = pods()[pod]
    kubernetes_validate.validate(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod}, "spec": spec},
        KUBERNETES,
        strict=True,
    )
    check_has_no_rights(spec)
    assert (
        f"USER {spec['securityContext']['runAsUser']}:" in (REPOSITORY / "Dockerfile").read_text()
    )
    [container] = spec["containers"]
    assert container["resources"].keys() == {"requests", "limits"}


@pytest.mark.parametrize("pod", pods())
def test_probes_ask_for_what_the_service_answers_without_a_token(pod: str) -> None:
    [container] = pods()[pod]["containers"]
    routes = {route.path for router in ROUTERS for route in router.routes}  # type: ignore[attr-defined]
    probes = [value["httpGet"] for name, value in container.items() if name.endswith("Probe")]
    assert len(probes) >= 2
    for probe in probes:
        assert probe["path"] in routes
        assert probe["path"] in OPEN_PATHS or probe["path"].startswith(OPEN_PREFIXES)
        [port] = container["ports"]
        assert probe["port"] in port.values()


def test_a_rollout_takes_no_pod_away_before_another_one_is_ready() -> None:
    [deployment] = manifests(BASE / "deployment.yaml")
    strategy = deployment["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxUnavailable": 0, "maxSurge": 1}
    pod = deployment["spec"]["template"]["spec"]
    command = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert command[0] == "sleep"
    needed = int(command[1]) + read_params(ServeParams, path=BASE / "params.yaml").timeout + 1
    assert pod["terminationGracePeriodSeconds"] > needed


def test_the_parameters_of_every_way_to_deploy_are_valid(tmp_path: Path) -> None:
    base = read_params(ServeParams, path=BASE / "params.yaml")
    [ingress] = manifests(BASE / "ingress.yaml")
    assert ingress["spec"]["rules"][0]["host"] in base.host_names
    [deployment] = manifests(BASE / "deployment.yaml")
    [port] = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert base.port == port["containerPort"]
    text = of_kind("ConfigMap", manifests(DEPLOY / "kserve.yaml"))["data"]["params.yaml"]
    (tmp_path / "params.yaml").write_text(text)
    kserve = read_params(ServeParams, path=tmp_path / "params.yaml")
    assert kserve.port == pods()["kserve"]["containers"][0]["ports"][0]["containerPort"]


def test_seldon_asks_for_the_model_by_the_name_that_the_service_gives_it() -> None:
    [seldon] = manifests(DEPLOY / "seldon.yaml")
    [predictor] = seldon["spec"]["predictors"]
    [container] = pods()["seldon"]["containers"]
    assert seldon["spec"]["protocol"] == "v2"
    assert predictor["graph"]["name"] == container["name"] == MODEL
    assert predictor["graph"]["endpoint"]["service_port"] == container["ports"][0]["containerPort"]


def test_a_service_that_asks_for_no_token_says_so_where_it_listens_beyond_the_pod() -> None:
    for name, spec in pods().items():
        [container] = spec["containers"]
        has_token = any(each["name"] == "LOOKALIKE_TOKEN" for each in container.get("env", []))
        assert has_token != ("--allow-anonymous" in container["args"]), name
