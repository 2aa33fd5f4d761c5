import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.errors import LookalikeError
from lookalike.split.assign import SIDES, assign, count_sides, side_counts
from lookalike.split.params import Ratios
from lookalike.split.select import Labelled

DEFAULT = Ratios()

any_ratios = st.tuples(*3 * [st.integers(1, 1000)]).map(
    lambda parts: Ratios(**{s: p / sum(parts) for s, p in zip(SIDES, parts, strict=True)})
)


def images(label: str, count: int) -> list[Labelled]:
    return [Labelled(f"{label}{i}", f"{label}/{i:04d}.png", label) for i in range(count)]


@given(st.integers(2, 100_000), any_ratios)
def test_sides_add_up_to_the_class(count: int, ratios: Ratios) -> None:
    assert sum(side_counts(count, ratios)) == count


@given(st.integers(3, 1000), any_ratios)
def test_three_images_or_more_fill_every_side(count: int, ratios: Ratios) -> None:
    assert min(side_counts(count, ratios)) >= 1


@given(any_ratios)
def test_two_images_give_one_for_training_and_one_for_the_test(ratios: Ratios) -> None:
    assert side_counts(2, ratios) == (1, 0, 1)


@given(any_ratios)
def test_three_images_give_one_each(ratios: Ratios) -> None:
    assert side_counts(3, ratios) == (1, 1, 1)


@given(st.integers(3, 10_000), any_ratios)
def test_a_side_is_within_one_image_of_its_share_where_every_share_is_an_image(
    count: int, ratios: Ratios
) -> None:
    shares = [count * ratio for ratio in (ratios.train, ratios.valid, ratios.test)]
    found = side_counts(count, ratios)
    if min(shares) >= 1:
        assert all(abs(n - share) < 1 for n, share in zip(found, shares, strict=True))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(2, (1, 0, 1)), (3, (1, 1, 1)), (10, (7, 2, 1)), (20, (14, 3, 3)), (100, (70, 15, 15))],
)
def test_sides_have_the_default_ratios(count: int, expected: tuple[int, int, int]) -> None:
    assert side_counts(count, DEFAULT) == expected


def test_exact_shares_are_not_spoilt_by_rounding() -> None:
    ratios = Ratios(train=0.29, valid=0.57, test=0.14)
    assert side_counts(100, ratios) == (29, 57, 14)


def test_every_image_has_one_side_and_the_result_is_sorted_by_path() -> None:
    by_class = {"dog": images("dog", 20)[::-1], "cat": images("cat", 10)}
    assigned = assign(by_class, DEFAULT)
    assert [image for image, _ in assigned] == images("cat", 10) + images("dog", 20)


def test_classes_are_split_each_by_itself() -> None:
    by_class = {"dog": images("dog", 20), "cat": images("cat", 10)}
    assigned = assign(by_class, DEFAULT)
    sides = [side for image, side in assigned if image.label == "dog"]
    assert [sides.count(side) for side in SIDES] == [14, 3, 3]
    assert assign({"dog": by_class["dog"]}, DEFAULT) == assigned[10:]


def test_sides_are_filled_in_the_order_of_the_class() -> None:
    shuffled = images("cat", 10)[::-1]
    side_of = {image.path: side for image, side in assign({"cat": shuffled}, DEFAULT)}
    expected = ["train"] * 7 + ["valid"] * 2 + ["test"]
    assert [side_of[image.path] for image in shuffled] == expected


def test_a_class_of_one_image_is_refused_by_name_with_the_remedy() -> None:
    with pytest.raises(LookalikeError) as caught:
        assign({"cat": images("cat", 5), "dog": images("dog", 1)}, DEFAULT)
    assert str(caught.value) == (
        "class 'dog' has one image (dog/0000.png); a class needs two or more: add images, or name "
        "it in split.exclude_classes"
    )


def test_counts_are_those_of_the_assignment() -> None:
    assigned = assign({"dog": images("dog", 20), "cat": images("cat", 2)}, DEFAULT)
    assert count_sides(assigned) == {
        "images": 22,
        "classes": 2,
        "train": 15,
        "valid": 3,
        "test": 4,
    }


def test_nothing_to_split_counts_nothing() -> None:
    assert count_sides(assign({}, DEFAULT)) == {
        "images": 0,
        "classes": 0,
        "train": 0,
        "valid": 0,
        "test": 0,
    }
