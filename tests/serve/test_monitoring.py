"""Alerts and the dashboard ask for what `/metrics` really gives, by names and labels."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = DEPLOY / "kubernetes/components/monitoring/alerts.yaml"
SCALING = DEPLOY / "kubernetes/components/monitoring/queue.yaml"
DASHBOARD = DEPLOY / "grafana/dashboard.json"
# Of the scrape, not of the service
OF_PROMETHEUS = {"up": {"job"}}
BY_SCRAPING = {"job", "pod"}


class Selector(NamedTuple):
    """What an expression asks for: a metric, and the values that its labels should have."""

    metric: str
    equal: dict[str, str]
    labels: set[str]


def rules() -> list[dict[str, Any]]:
    [group] = YAML(typ="safe").load(ALERTS)["spec"]["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def expressions() -> dict[str, str]:
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in panels():
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return found


def parsed(expression: str) -> Any:
    """The tree of an expression; Grafana's variable is a duration."""
    return promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def selectors(node: Any) -> Iterator[Selector]:
    """Every selector in a parsed expression."""
    if isinstance(node, promql_parser.MatrixSelector):
        node = node.vector_selector
    if isinstance(node, promql_parser.VectorSelector):
        matchers = node.matchers.matchers
        equal = {m.name: m.value for m in matchers if m.op == promql_parser.MatchOp.Equal}
        yield Selector(node.name, equal, {m.name for m in matchers})
    for name in ("expr", "lhs", "rhs", "param"):
        if (below := getattr(node, name, None)) is not None:
            yield from selectors(below)
    for below in getattr(node, "args", None) or []:
        yield from selectors(below)


@pytest.fixture(scope="module")
def exposition(client: httpx.Client, digit: bytes) -> str:
    """What `/metrics` gives after a search and a reload."""
    assert client.post("/predict", files={"file": digit}).status_code == 200
    assert client.post("/reload").status_code == 200
    return client.get("/metrics").text


@pytest.fixture(scope="module")
def exported(exposition: str) -> dict[str, list[dict[str, str]]]:
    """The labels of every sample, by the sample's name."""
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


@pytest.mark.parametrize("name", expressions())
def test_an_expression_asks_for_metrics_and_labels_that_are_exported(
    name: str, exported: dict[str, list[dict[str, str]]]
) -> None:
    asked = list(selectors(parsed(expressions()[name])))
    assert asked
    for metric, equal, labels in asked:
        if metric in OF_PROMETHEUS:
            assert labels <= OF_PROMETHEUS[metric]
            continue
        assert metric in exported
        assert labels - BY_SCRAPING <= exported[metric][0].keys(), metric
        route = equal.get("http_route")
        assert route is None or route in {each["http_route"] for each in exported[metric]}


def test_the_autoscaler_counts_a_metric_that_is_exported(
    exported: dict[str, list[dict[str, str]]],
) -> None:
    [metric] = YAML(typ="safe").load(SCALING)["spec"]["metrics"]
    assert metric["pods"]["metric"]["name"] in exported


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_the_documentation_says_what_to_do_at_an_alert(rule: dict[str, Any]) -> None:
    page = (DEPLOY.parent / "docs/operating.md").read_text(encoding="utf-8")
    assert f"| `{rule['alert']}` |" in page
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]


def test_every_metric_of_the_service_is_on_the_dashboard(exposition: str) -> None:
    shown = {
        selector.metric
        for panel in panels()
        for target in panel["targets"]
        for selector in selectors(parsed(target["expr"]))
    }
    families = [family.name for family in text_string_to_metric_families(exposition)]
    ours = [
        name
        for name in families  # the client library adds when each series began
        if name.startswith(("lookalike_", "http_server_")) and not name.endswith("_created")
    ]
    assert [name for name in ours if not any(each.startswith(name) for each in shown)] == []


def test_every_panel_has_a_place_of_its_own() -> None:
    places = [tuple(panel["gridPos"].values()) for panel in panels()]
    assert len(set(places)) == len(places)
    assert sorted(panel["id"] for panel in panels()) == list(range(1, len(places) + 1))
