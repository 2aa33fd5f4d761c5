"""What holds for every method."""

from typing import Any

import pytest

from lookalike.split.assign import assign
from lookalike.split.params import SplitParams
from lookalike.split.select import Labeled, select

METHODS = ("stratified", "per_class", "source", "hashed")
SOURCE = ("train", "val", "test", None)
IMAGES = [
    Labeled(f"{label}{n}", f"{label}/{n:03d}.png", label, SOURCE[n % 4])
    for label, count in {"ant": 60, "bee": 40, "cow": 12}.items()
    for n in range(count)
]


def split(images: list[Labeled] = IMAGES, **values: Any) -> dict[str, str]:
    params = SplitParams(**values)
    return assign(select(images, params, 0), params, 0, group_of={}, previous={})


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_images_does_not_matter(method: str) -> None:
    assert split(method=method) == split(IMAGES[::-1], method=method)
    assert set(split(method=method).values()) == {"train", "valid", "test"}


@pytest.mark.parametrize("method", METHODS)
def test_classes_and_samples_can_be_cut_with_every_method(method: str) -> None:
    found = split(method=method, classes=2, samples_per_class=20)
    assert {image_id[:3] for image_id in found} == {"ant", "bee"}
    assert 20 < len(found) <= 40
    named = split(method=method, classes=["bee"])
    assert named == {i: subset for i, subset in split(method=method).items() if i[:3] == "bee"}


@pytest.mark.parametrize("method", ["stratified", "per_class"])
def test_a_class_of_one_image_is_for_training(method: str) -> None:
    images = [*IMAGES, Labeled("owl", "owl/0.png", "owl")]
    assert split(images, method=method)["owl"] == "train"


def test_a_class_without_training_images_is_left_out_whole() -> None:
    owls = [Labeled(f"owl{n}", f"owl/{n}.png", "owl", "test") for n in range(3)]
    assert split([*IMAGES, *owls], method="source") == split(method="source")


def test_only_the_named_method_looks_at_the_ratios_or_the_numbers() -> None:
    ratios = {"train": 0.2, "valid": 0.4, "test": 0.4}
    assert split(method="per_class", ratios=ratios) == split(method="per_class")
    assert split(method="stratified", train_per_class=1) == split()
    assert split(ratios=ratios) != split()
