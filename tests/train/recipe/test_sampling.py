"""Which images share a batch where classes are to be seen equally often."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.batches import ShuffledBatches
from lookalike.train.recipe.loss_params import SamplingParams
from lookalike.train.recipe.sampling import VIEWS, BalancedBatches, PKBatches, make_sampler

# 60 images of class 0, 12 of class 1, 4 of class 2.
UNEVEN = [0] * 60 + [1] * 12 + [2] * 4


Make = Callable[[int], ShuffledBatches]


def classes_of(batch: list[tuple[int, int]], targets: list[int]) -> Counter[int]:
    return Counter(targets[position] for _, position in batch)


def epoch(batches: ShuffledBatches, number: int = 1) -> list[list[tuple[int, int]]]:
    batches.set_epoch(number)
    return list(batches)


def items(batches: ShuffledBatches, number: int = 1) -> list[tuple[int, int]]:
    return [item for batch in epoch(batches, number) for item in batch]


SAMPLERS: list[Make] = [
    lambda seed: BalancedBatches(UNEVEN, 8, seed),
    lambda seed: PKBatches(UNEVEN, 12, 4, seed),
]


@pytest.mark.parametrize("make", SAMPLERS)
def test_an_epoch_is_a_function_of_seed_and_number(make: Make) -> None:
    assert epoch(make(0), 3) == epoch(make(0), 3)
    assert epoch(make(0), 3) != epoch(make(0), 4)
    assert epoch(make(0), 3) != epoch(make(1), 3)


@pytest.mark.parametrize("make", SAMPLERS)
def test_all_batches_are_of_one_size_and_as_many_as_they_say(make: Make) -> None:
    batches = make(0)
    sizes = [len(batch) for batch in epoch(batches)]
    assert sizes == [batches.batch_size] * len(batches)


def test_every_class_comes_equally_often() -> None:
    seen = classes_of(items(BalancedBatches(UNEVEN, 4, seed=0)), UNEVEN)
    assert max(seen.values()) - min(seen.values()) <= 1
    assert seen.total() == len(UNEVEN)


def test_no_image_comes_again_before_all_of_its_class_have_come() -> None:
    found = items(BalancedBatches(UNEVEN, 4, seed=0))
    times = Counter(position for _, position in found if UNEVEN[position] == 2)
    assert set(times) == {72, 73, 74, 75}
    assert max(times.values()) - min(times.values()) <= 1


def test_an_image_that_comes_again_is_another_view_of_its_own() -> None:
    found = items(BalancedBatches(UNEVEN, 4, seed=0), 5)
    assert len(set(found)) == len(found)
    assert {view % VIEWS for view, _ in found} == {5}
    assert max(view // VIEWS for view, _ in found) == 6


@given(
    targets=st.lists(st.integers(0, 5), min_size=2, max_size=60),
    images_per_class=st.integers(2, 5),
    extra=st.integers(0, 20),
)
def test_a_batch_has_k_images_of_each_of_p_classes(
    targets: list[int], images_per_class: int, extra: int
) -> None:
    size = 2 * images_per_class + extra
    batches = PKBatches(targets, size, images_per_class, seed=0)
    assert batches.batch_size <= size
    for batch in epoch(batches):
        seen = classes_of(batch, targets)
        assert set(seen.values()) == {batches.images_per_class}
        assert len(seen) == batches.classes == min(size // images_per_class, len(set(targets)))
        assert len(set(batch)) == len(batch)


def test_where_there_are_few_classes_each_gives_more_images() -> None:
    batches = PKBatches(UNEVEN, 64, 4, seed=0)
    assert (batches.classes, batches.images_per_class, batches.batch_size) == (3, 21, 63)


def test_images_of_a_class_lie_side_by_side() -> None:
    batch = epoch(PKBatches(UNEVEN, 12, 4, seed=0))[0]
    labels = [UNEVEN[position] for _, position in batch]
    assert [len(set(labels[i : i + 4])) for i in (0, 4, 8)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("sampling", "kind"),
    [("shuffled", ShuffledBatches), ("class_balanced", BalancedBatches), ("pk", PKBatches)],
)
def test_the_sampling_is_the_one_that_is_named(sampling: str, kind: type) -> None:
    params = SamplingParams(sampling=sampling)
    assert type(make_sampler(UNEVEN, params, batch_size=8, seed=0)) is kind
