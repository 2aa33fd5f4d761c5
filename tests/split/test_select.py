from typing import Any

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.split.params import SplitParams
from lookalike.split.select import Labeled, select

COUNTS = {"dog": 6, "cat": 5, "ant": 4}
IMAGES = [
    Labeled(f"id-{label}-{number}", f"{label}/{number}.png", label)
    for label, count in COUNTS.items()
    for number in range(count)
]


def chosen(seed: int = 0, images: list[Labeled] = IMAGES, **params: Any) -> dict[str, list[str]]:
    """The paths that are selected, by class."""
    found = select(images, SplitParams(**params), seed)
    return {label: [image.path for image in images] for label, images in found.items()}


def counts(**params: Any) -> dict[str, int]:
    return {label: len(paths) for label, paths in chosen(**params).items()}


def test_by_default_all_images_of_all_classes_take_part_classes_sorted() -> None:
    assert list(counts().items()) == [("ant", 4), ("cat", 5), ("dog", 6)]
    assert sorted(path for paths in chosen().values() for path in paths) == sorted(
        image.path for image in IMAGES
    )


def test_a_number_of_classes_takes_the_first_in_alphabetical_order() -> None:
    assert list(chosen(classes=2)) == ["ant", "cat"]


def test_a_number_beyond_the_classes_takes_all() -> None:
    assert list(chosen(classes=10)) == ["ant", "cat", "dog"]


def test_a_list_of_classes_takes_those_sorted_and_once() -> None:
    assert list(chosen(classes=["dog", "ant", "dog"])) == ["ant", "dog"]


def test_excluded_classes_take_no_part_and_do_not_count() -> None:
    assert list(chosen(exclude_classes=["ant"])) == ["cat", "dog"]
    assert list(chosen(exclude_classes=["ant"], classes=1)) == ["cat"]


def test_samples_per_class_takes_at_most_so_many() -> None:
    assert counts(samples_per_class=5) == {"ant": 4, "cat": 5, "dog": 5}


def test_fewer_samples_are_among_more() -> None:
    few, more = chosen(samples_per_class=3), chosen(samples_per_class=5)
    assert all(more[label][:3] == few[label] for label in COUNTS)


def test_the_order_is_a_function_of_the_seed_not_of_the_order_of_the_images() -> None:
    assert chosen(images=IMAGES[::-1]) == chosen()
    assert chosen(seed=1) != chosen(seed=0)
    assert counts(seed=1) == counts(seed=0)


def test_the_order_within_a_class_does_not_depend_on_other_classes() -> None:
    assert chosen(classes=["cat"])["cat"] == chosen()["cat"]


def test_images_added_to_a_class_leave_the_order_of_the_others() -> None:
    added = [*IMAGES, Labeled("id-new", "cat/new.png", "cat")]
    assert [path for path in chosen(images=added)["cat"] if path != "cat/new.png"] == (
        chosen()["cat"]
    )


def test_a_chosen_class_that_there_is_not_is_named_with_its_key() -> None:
    with pytest.raises(LookalikeError, match=r"^split\.classes: there is no class 'cow', 'pig'$"):
        select(IMAGES, SplitParams.model_validate({"classes": ["pig", "cat", "cow"]}), seed=0)


def test_an_excluded_class_that_there_is_not_changes_nothing() -> None:
    params = SplitParams.model_validate({"exclude_classes": ["pig"]})
    assert select(IMAGES, params, seed=0) == select(IMAGES, SplitParams(), seed=0)


def test_no_images_give_no_classes() -> None:
    assert chosen(images=[]) == {}
