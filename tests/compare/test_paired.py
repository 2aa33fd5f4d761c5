"""Verdicts on differences: noise is called noise, and what is worse is called worse."""

import numpy as np
import pytest
from tests.compare.conftest import query

from lookalike.compare.paired import Difference, differences
from lookalike.compare.query import Query

SEED_NOISE = {"accuracy": 0.004, "recall_at_1": 0.002, "map_at_r": 0.01}


def tables(before: np.ndarray, after: np.ndarray) -> tuple[dict[str, Query], dict[str, Query]]:
    """Two tables of images of which these, bool `[n]`, find their like."""
    return tuple(
        {f"{n:04d}": query(found=float(value)) for n, value in enumerate(found)}
        for found in (before, after)
    )


def recall(before: np.ndarray, after: np.ndarray, noise: float = 0.0) -> Difference:
    return differences(*tables(before, after), {"recall_at_1": noise})["recall_at_1"]


def test_a_table_against_itself_is_no_difference() -> None:
    found = recall(np.ones(50, bool), np.ones(50, bool))
    assert found == Difference(50, 1.0, 1.0, 0.0, 0.0, 0.0)
    assert found.verdict == "within noise"


@pytest.mark.parametrize(("images", "verdict"), [(4, "within noise"), (8, "worse")])
def test_a_handful_of_images_is_noise_as_a_fair_coin_would_have_it(
    images: int, verdict: str
) -> None:
    before, after = np.ones(300, bool), np.ones(300, bool)
    after[:images] = False
    assert recall(before, after).verdict == verdict


def test_before_and_after_exchanged_is_the_opposite() -> None:
    before, after = np.ones(300, bool), np.ones(300, bool)
    after[:12] = False
    there, back = recall(before, after), recall(after, before)
    assert (there.verdict, back.verdict) == ("worse", "better")
    assert there.difference == -back.difference


def test_chance_of_training_widens_the_interval() -> None:
    before, after = np.ones(300, bool), np.ones(300, bool)
    after[:12] = False
    assert recall(before, after, noise=0.02).verdict == "within noise"


def test_the_same_tables_give_the_same_interval_in_any_order() -> None:
    before, after = tables(np.ones(30, bool), np.arange(30) > 3)
    turned = dict(reversed(after.items()))
    assert differences(before, after, {}) == differences(before, turned, {})


def test_only_images_of_both_count() -> None:
    before, after = tables(np.ones(30, bool), np.arange(30) > 3)
    del after["0000"]
    assert differences(before, after, {})["recall_at_1"].images == 29


def test_without_images_in_common_there_is_no_difference() -> None:
    before, _ = tables(np.ones(3, bool), np.ones(3, bool))
    assert differences(before, {"other": query()}, {}) == {}


@pytest.mark.parametrize("pairs", [20, pytest.param(100, marks=pytest.mark.full)])
def test_two_equally_good_models_seldom_look_different_and_a_worse_one_always_does(
    pairs: int,
) -> None:
    """As on 1,287 images of recall .95: pairs of equal models, and as many that are 2 points worse.

    Each image is as hard for both, but for one in fifty, on which chance decides.
    """
    random = np.random.default_rng(0)
    called, caught = 0, 0
    for _ in range(pairs):
        hard = random.random(1287) < 0.05
        one, other = (hard ^ (random.random(1287) < 0.01) for _ in range(2))
        called += recall(~one, ~other).verdict != "within noise"
        spoiled = ~other & (random.random(1287) > 0.02 / 0.94)
        caught += recall(~one, spoiled).verdict == "worse"
    assert called <= 0.1 * pairs
    assert caught >= 0.95 * pairs
