"""The gate: noise passes, and a real drop, a leak and a bad file fail."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.compare.conftest import Repository, query

from lookalike.compare.comparison import compare
from lookalike.compare.gate import Check, gate
from lookalike.compare.gates_file import read_gates
from lookalike.core.json_file import to_json

OneLineError = Callable[..., AbstractContextManager[None]]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def gated(repository: Repository) -> Repository:
    """300 right test images, no drop allowed, one bound that is kept."""
    repository.queries({f"{n}": query() for n in range(300)})
    repository.split({})
    repository.write("metrics/split.json", to_json({"links_across_subsets": 0}))
    repository.write(
        "metrics/gates.yaml",
        "bounds:\n  split.links_across_subsets: {at_most: 0}\n"
        "largest_drop: {accuracy: 0.0, recall_at_1: 0.0}\n"
        "slowdown: {inference_ms_per_image: 1.5}\n",
    )
    repository.commit()
    return repository


def spoil(repository: Repository, images: int) -> None:
    repository.queries(
        {
            f"{n}": query("cat", "dog" if n < images else "cat", float(n >= images))
            for n in range(300)
        }
    )


def checks(repository: Repository, timings: Path | None = None) -> dict[str, Check]:
    found = gate(compare(repository.at("main"), repository.at()), timings)
    return {check.name: check for check in found}


@pytest.mark.parametrize(("images", "outcome"), [(0, "passed"), (3, "passed"), (15, "failed")])
def test_noise_passes_and_a_real_drop_fails(gated: Repository, images: int, outcome: str) -> None:
    spoil(gated, images)
    assert checks(gated)["recall@1 against the base"].outcome == outcome


def test_an_allowed_drop_passes(gated: Repository) -> None:
    spoil(gated, 15)
    gated.write("metrics/gates.yaml", "largest_drop: {accuracy: 0.1}\n")
    assert checks(gated)["accuracy against the base"].outcome == "passed"


def test_a_leak_fails(gated: Repository) -> None:
    gated.write("metrics/split.json", to_json({"links_across_subsets": 2}))
    check = checks(gated)["split.links_across_subsets"]
    assert (check.found, check.allowed, check.outcome) == ("2", "at most 0", "failed")


def test_a_figure_that_is_not_there_fails(gated: Repository) -> None:
    (gated.root / "metrics/split.json").unlink()
    assert checks(gated)["split.links_across_subsets"].outcome == "failed"


def test_without_test_images_in_common_a_drop_cannot_be_ruled_out_and_fails(
    gated: Repository,
) -> None:
    gated.queries({"other": query()})
    assert checks(gated)["accuracy against the base"].outcome == "failed"


@pytest.mark.parametrize(
    ("milliseconds", "outcome"), [(2.9, "passed"), (3.1, "failed"), (None, "not measured")]
)
def test_speed_is_compared_where_the_bases_is_given(
    gated: Repository, milliseconds: float | None, outcome: str
) -> None:
    base = gated.root / "base.json"
    base.write_text(to_json({"inference_ms_per_image": 2.0}), encoding="utf-8")
    timing = to_json({"inference_ms_per_image": milliseconds})
    gated.write("metrics/timings/evaluate.json", timing)
    found = checks(gated, None if milliseconds is None else base)
    assert found["inference_ms_per_image"].outcome == outcome


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("bounds: {a.b: {}}", ("bounds.a.b", "at_least, at_most or both")),
        ("bounds: {../x.b: {at_most: 1}}", ("bounds.../x.b", "FILE.KEY")),
        ("largest_drop: {recal: 0}", ("largest_drop.recal", "accuracy")),
        ("largest_drop: {accuracy: -1}", ("largest_drop.accuracy", "greater than")),
        ("limits: {}", ("limits", "not permitted")),
        ("a: [", ("gates.yaml", "cannot be read")),
        ("", ("missing or empty",)),
    ],
)
def test_a_wrong_file_is_one_line(
    gated: Repository, one_line_error: OneLineError, content: str, words: tuple[str, ...]
) -> None:
    gated.write("metrics/gates.yaml", content)
    with one_line_error("gates.yaml", *words):
        checks(gated)


def test_the_command_exits_with_1_on_failure_and_has_json(gated: Repository, run: Run) -> None:
    code, text = run(gated.root, "gate")
    assert (code, text.splitlines()[-1]) == (0, "the gate is passed")
    spoil(gated, 15)
    code, text = run(gated.root, "gate", "main", "--json")
    content = json.loads(text)
    assert (code, content["passed"]) == (1, False)
    assert {check["outcome"] for check in content["checks"]} == {"passed", "failed", "not measured"}


def test_the_gates_of_this_project_hold_for_its_own_figures() -> None:
    from lookalike.compare.gate import _bound
    from lookalike.compare.snapshot import Snapshot
    from lookalike.core.layout import Layout

    here = Snapshot(Layout(Path(__file__).parents[2]))
    found = [_bound(here, name, bound) for name, bound in read_gates(here).bounds.items()]
    assert [check for check in found if check.outcome != "passed"] == []
    assert len(found) >= 5
