"""Groups before quotas, quotas before anything else."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.split_file import SUBSETS
from lookalike.split.params import Ratios
from lookalike.split.placement import place
from lookalike.split.quotas import Counts, by_ratios
from lookalike.split.select import Labeled

ByClass = dict[str, list[Labeled]]


def classes_of(**counts: int) -> ByClass:
    return {
        label: [Labeled(f"{label}{i}", f"{label}/{i:04d}.png", label) for i in range(count)]
        for label, count in counts.items()
    }


def quotas(by_class: ByClass) -> dict[str, Counts]:
    return {label: by_ratios(len(images), Ratios()) for label, images in by_class.items()}


def placed(by_class: ByClass, group_of: dict[str, str], seed: int = 0) -> dict[str, str]:
    return place(by_class, quotas(by_class), group_of, seed)


def counts(by_class: ByClass, subset_of: dict[str, str], label: str) -> tuple[int, ...]:
    subsets = Counter(subset_of.get(image.id) for image in by_class[label])
    return tuple(subsets[subset] for subset in SUBSETS)


@st.composite
def grouped_classes(draw: st.DrawFn, most: int = 3) -> tuple[ByClass, dict[str, str]]:
    """Up to `most` classes of up to 30 images, many of them in groups, which may span classes."""
    sizes = draw(st.lists(st.integers(1, 30), min_size=1, max_size=most))
    by_class = classes_of(**{f"c{n}_": size for n, size in enumerate(sizes)})
    ids = [image.id for images in by_class.values() for image in images]
    keys = draw(st.lists(st.integers(0, len(ids)), min_size=len(ids), max_size=len(ids)))
    return by_class, {i: str(key) for i, key in zip(ids, keys, strict=True) if key % 3}


def test_without_groups_subsets_are_filled_in_the_order_of_each_class() -> None:
    by_class = classes_of(dog=20, cat=10)
    subset_of = placed(by_class, {})
    assert [subset_of[image.id] for image in by_class["cat"]] == (
        ["train"] * 7 + ["valid"] * 2 + ["test"]
    )
    assert [subset_of[image.id] for image in by_class["dog"]] == (
        ["train"] * 14 + ["valid"] * 3 + ["test"] * 3
    )


@given(grouped_classes())
def test_every_image_has_a_subset_and_a_group_has_one(case: tuple[ByClass, dict[str, str]]) -> None:
    by_class, group_of = case
    subset_of = placed(by_class, group_of)
    assert subset_of.keys() == {image.id for images in by_class.values() for image in images}
    subsets: dict[str, set[str]] = {}
    for image_id, key in group_of.items():
        subsets.setdefault(key, set()).add(subset_of[image_id])
    assert all(len(found) == 1 for found in subsets.values())


@given(grouped_classes())
def test_every_class_has_a_training_image(case: tuple[ByClass, dict[str, str]]) -> None:
    by_class, group_of = case
    subset_of = placed(by_class, group_of)
    assert all(counts(by_class, subset_of, label)[0] >= 1 for label in by_class)


@given(grouped_classes(most=1))
def test_in_a_class_no_subset_is_further_from_its_quota_than_the_largest_group(
    case: tuple[ByClass, dict[str, str]],
) -> None:
    by_class, group_of = case
    found = counts(by_class, placed(by_class, group_of), "c0_")
    largest = max(Counter(group_of.values()).values(), default=0)
    bound = largest if largest > 1 else 0
    wanted = quotas(by_class)["c0_"]
    assert max(abs(n - want) for n, want in zip(found, wanted, strict=True)) <= bound


@given(grouped_classes(), st.integers(0, 3))
def test_neither_the_names_of_groups_nor_their_order_decide(
    case: tuple[ByClass, dict[str, str]], seed: int
) -> None:
    by_class, group_of = case
    renamed = {image_id: f"x{key}" for image_id, key in reversed(group_of.items())}
    assert placed(by_class, renamed, seed) == placed(by_class, group_of, seed)


def test_groups_that_fit_leave_every_quota_exact() -> None:
    by_class = classes_of(cat=20)
    group_of = {f"cat{i}": str(i // 2) for i in range(8)}
    assert counts(by_class, placed(by_class, group_of), "cat") == (14, 3, 3)


def test_groups_are_spread_over_the_subsets() -> None:
    by_class = classes_of(cat=200)
    group_of = {f"cat{i}": str(i // 2) for i in range(200)}
    assert counts(by_class, placed(by_class, group_of), "cat") == (140, 30, 30)


def test_where_a_group_overfills_a_subset_the_others_go_short() -> None:
    by_class = classes_of(cat=10)
    group_of = {f"cat{i}": "copies" for i in range(8)}
    assert counts(by_class, placed(by_class, group_of), "cat") == (8, 1, 1)


def test_a_class_that_is_one_group_is_for_training() -> None:
    by_class = classes_of(cat=10)
    mostly_test = {"cat": Counts(1, 1, 8)}
    subset_of = place(by_class, mostly_test, {f"cat{i}": "copies" for i in range(10)}, seed=0)
    assert set(subset_of.values()) == {"train"}


def test_images_beyond_the_quotas_are_left_out_groups_too() -> None:
    by_class = classes_of(cat=100)
    group_of = {f"cat{i}": str(i // 5) for i in range(50)}
    subset_of = place(by_class, {"cat": Counts(30, 5, 10)}, group_of, seed=0)
    assert counts(by_class, subset_of, "cat") == (30, 5, 10)
    assert len(subset_of) == 45
