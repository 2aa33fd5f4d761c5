import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.images.split_file import SUBSETS
from lookalike.split.params import Ratios
from lookalike.split.quotas import by_numbers, by_ratios

DEFAULT = Ratios()

any_ratios = st.tuples(*3 * [st.integers(1, 1000)]).map(
    lambda parts: Ratios(**{s: p / sum(parts) for s, p in zip(SUBSETS, parts, strict=True)})
)


@given(st.integers(1, 100_000), any_ratios)
def test_subsets_add_up_to_the_class(count: int, ratios: Ratios) -> None:
    assert sum(by_ratios(count, ratios)) == count


@given(st.integers(3, 1000), any_ratios)
def test_three_images_or_more_fill_every_subset(count: int, ratios: Ratios) -> None:
    assert min(by_ratios(count, ratios)) >= 1


@given(any_ratios)
def test_two_images_give_one_for_training_and_one_for_the_test(ratios: Ratios) -> None:
    assert by_ratios(2, ratios) == (1, 0, 1)


@given(any_ratios)
def test_three_images_give_one_each(ratios: Ratios) -> None:
    assert by_ratios(3, ratios) == (1, 1, 1)


@given(st.integers(3, 10_000), any_ratios)
def test_a_subset_is_within_one_image_of_its_share_where_every_share_is_an_image(
    count: int, ratios: Ratios
) -> None:
    shares = [count * ratio for ratio in (ratios.train, ratios.valid, ratios.test)]
    found = by_ratios(count, ratios)
    if min(shares) >= 1:
        assert all(abs(n - share) < 1 for n, share in zip(found, shares, strict=True))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, (1, 0, 0)),
        (2, (1, 0, 1)),
        (3, (1, 1, 1)),
        (10, (7, 2, 1)),
        (20, (14, 3, 3)),
        (100, (70, 15, 15)),
    ],
)
def test_subsets_have_the_default_ratios(count: int, expected: tuple[int, int, int]) -> None:
    assert by_ratios(count, DEFAULT) == expected


def test_exact_shares_are_not_spoilt_by_rounding() -> None:
    ratios = Ratios(train=0.29, valid=0.57, test=0.14)
    assert by_ratios(100, ratios) == (29, 57, 14)


@pytest.mark.parametrize(
    ("count", "valid", "test", "expected"),
    [
        (800, 5, None, (30, 5, 765)),
        (800, None, 50, (30, 720, 50)),
        (800, 5, 50, (30, 5, 50)),
        (51, None, None, (30, 10, 11)),
        (33, 5, None, (30, 2, 1)),
        (31, 5, None, (30, 0, 1)),
        (33, 5, 2, (30, 2, 1)),
        (33, None, 2, (30, 1, 2)),
        (30, 5, None, (30, 0, 0)),
        (12, 5, 50, (12, 0, 0)),
    ],
)
def test_numbers_are_kept_as_far_as_they_go_and_none_is_the_rest(
    count: int, valid: int | None, test: int | None, expected: tuple[int, int, int]
) -> None:
    assert by_numbers(count, 30, valid, test) == expected
