"""The promises of `hashed`, for data sets that grow in any order."""

from hypothesis import given
from hypothesis import strategies as st

from lookalike.split.hashed import hashed_subsets, merged_groups, own_subset
from lookalike.split.params import Ratios

RATIOS = Ratios()
OTHER_RATIOS = Ratios(train=0.1, valid=0.1, test=0.8)

Groups = dict[str, str]
# Steps of growth: the images that come, each linked to some that may be there already.
growth = st.lists(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12), max_size=6
)


def states(steps: list[list[tuple[int, int]]]) -> list[tuple[list[str], Groups]]:
    """The images and their groups after each step; groups grow and merge, and never part."""
    key: dict[int, int] = {}
    found = []
    for step in steps:
        for image, other in step:
            for new in (image, other):
                key.setdefault(new, new)
            if image % 2 and key[image] != key[other]:  # every second image is linked
                old, kept = key[image], key[other]
                key = {i: kept if k == old else k for i, k in key.items()}
        found.append(([f"i{i}" for i in key], {f"i{i}": f"g{k}" for i, k in key.items()}))
    return found


@given(growth, st.integers(0, 5))
def test_without_memory_no_image_moves_to_training(
    steps: list[list[tuple[int, int]]], seed: int
) -> None:
    before: dict[str, str] = {}
    for images, group_of in states(steps):
        after = hashed_subsets(images, RATIOS, group_of, {}, seed)
        assert [i for i in before if before[i] != "train" and after[i] == "train"] == []
        before = after


@given(growth, st.integers(0, 5))
def test_without_memory_a_group_is_never_divided(
    steps: list[list[tuple[int, int]]], seed: int
) -> None:
    for images, group_of in states(steps):
        subset_of = hashed_subsets(images, RATIOS, group_of, {}, seed)
        assert len({(group_of[i], subset_of[i]) for i in images}) == len(set(group_of.values()))


@given(growth)
def test_with_memory_no_image_moves_whatever_changes(steps: list[list[tuple[int, int]]]) -> None:
    before: dict[str, str] = {}
    for seed, (images, group_of) in enumerate(states(steps)):
        ratios = OTHER_RATIOS if seed % 2 else RATIOS
        after = hashed_subsets(images, ratios, group_of, before, seed)
        assert {i: after[i] for i in before} == before
        before = after


@given(growth)
def test_with_memory_a_new_image_joins_a_subset_that_its_group_is_on(
    steps: list[list[tuple[int, int]]],
) -> None:
    before: dict[str, str] = {}
    for images, group_of in states(steps):
        after = hashed_subsets(images, RATIOS, group_of, before, seed=0)
        for new in set(images) - before.keys():
            there = {before[i] for i in before if group_of[i] == group_of[new]}
            assert not there or after[new] in there
        before = after


def test_a_new_image_joins_the_strictest_of_several_subsets() -> None:
    group_of = {"a": "g", "b": "g", "new": "g"}
    previous = {"a": "train", "b": "valid"}
    subset_of = hashed_subsets(["a", "b", "new"], RATIOS, group_of, previous, seed=0)
    assert subset_of == {**previous, "new": "valid"}


def test_a_group_counts_members_that_take_no_part() -> None:
    tested = next(f"i{n}" for n in range(100) if own_subset(f"i{n}", RATIOS, 0) == "test")
    assert hashed_subsets(["x"], RATIOS, {tested: "g", "x": "g"}, {}, seed=0) == {"x": "test"}


def test_subsets_of_single_images_are_in_the_ratios() -> None:
    subsets = list(hashed_subsets([str(n) for n in range(10_000)], RATIOS, {}, {}, seed=0).values())
    for subset, share in (("train", 0.7), ("valid", 0.15), ("test", 0.15)):
        assert abs(subsets.count(subset) / 10_000 - share) < 0.015


def test_groups_with_images_of_several_subsets_are_merged_groups() -> None:
    group_of = {"a": "g", "b": "g", "c": "h", "d": "h", "new": "h"}
    previous = {"a": "train", "b": "test", "c": "valid", "d": "valid"}
    assert merged_groups(group_of, previous) == 1
    assert merged_groups(group_of, {}) == 0
