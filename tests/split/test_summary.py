"""What is said of a split."""

from lookalike.split.quotas import Counts
from lookalike.split.select import Labeled
from lookalike.split.summary import class_metrics, count_images, group_metrics, remarks

BY_CLASS = {
    label: [Labeled(f"{label}{n}", f"{label}/{n}.png", label) for n in range(count)]
    for label, count in {"ant": 4, "bee": 2, "cow": 2}.items()
}
SUBSET_OF = {
    **{"ant0": "train", "ant1": "train", "ant2": "valid", "ant3": "test"},
    **{"bee0": "train", "bee1": "test"},
}
QUOTAS = {"ant": Counts(2, 1, 1), "bee": Counts(1, 1, 0), "cow": Counts(0, 0, 2)}
NO_GROUPS = {"links_across_subsets": 0, "merged_groups": 0}


def test_images_are_counted_by_class_and_subset() -> None:
    assert count_images(BY_CLASS, SUBSET_OF) == {
        "ant": (2, 1, 1),
        "bee": (1, 0, 1),
        "cow": (0, 0, 0),
    }


def test_the_deviation_is_in_images_over_the_classes_of_the_split() -> None:
    counts = count_images(BY_CLASS, SUBSET_OF)
    assert class_metrics(BY_CLASS, counts, QUOTAS) == {
        "images": 6,
        "classes": 2,
        "train": 3,
        "valid": 1,
        "test": 2,
        "left_out": 2,
        "classes_without_train": 1,
        "classes_without_valid": 1,
        "classes_without_test": 0,
        "largest_deviation": 1,
    }
    assert "largest_deviation" not in class_metrics(BY_CLASS, counts, {})


def test_nothing_to_split_counts_nothing() -> None:
    assert set(class_metrics({}, {}, {}).values()) == {0}


def test_groups_are_those_of_images_of_the_split() -> None:
    group_of = {"ant0": "a", "ant1": "a", "ant2": "a", "bee0": "b", "cow0": "b", "bee1": "c"}
    links = [("ant0", "ant1"), ("ant1", "ant2"), ("bee0", "cow0"), ("bee0", "bee1")]
    assert group_metrics(SUBSET_OF, group_of, links, previous={}) == {
        "groups": 1,
        "grouped_images": 3,
        "largest_group": 3,
        "links_across_subsets": 2,
        "merged_groups": 0,
    }


def test_what_is_missing_is_said_by_name_in_a_line_each() -> None:
    lines = remarks(
        count_images(BY_CLASS, SUBSET_OF), {"links_across_subsets": 2, "merged_groups": 1}
    )
    assert lines == [
        "no training images, so they are left out of the split: 1 class, 'cow'",
        "no validation images: 1 class, 'bee'",
        "near-duplicates in different subsets: 2 pairs",
        "groups with images in several subsets of split.previous, not moved: 1",
    ]


def test_of_many_classes_some_are_named() -> None:
    counts = {label: Counts(5, 1, 0) for label in "abcdefgh"}
    assert remarks(counts, NO_GROUPS) == [
        "no test images: 8 classes, 'a', 'b', 'c', 'd', 'e' and 3 more"
    ]


def test_nothing_is_said_where_all_is_well() -> None:
    assert remarks({"ant": Counts(2, 1, 1)}, NO_GROUPS) == []
