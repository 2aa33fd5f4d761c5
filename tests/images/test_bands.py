"""Which bands of a multispectral image are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lookalike.images.bands import Bands

NUMBERS = st.lists(st.integers(1, 200), min_size=1, unique=True)


def test_all_is_every_band_of_the_file() -> None:
    assert Bands(chosen="all").for_network(4) == [1, 2, 3, 4]


@given(NUMBERS)
def test_chosen_bands_keep_their_order_whatever_the_file_has(numbers: list[int]) -> None:
    assert Bands(chosen=tuple(numbers)).for_network(13) == numbers


@pytest.mark.parametrize(
    ("bands", "shown"),
    [
        (Bands(chosen="all", rgb=(4, 3, 2)), [4, 3, 2]),
        (Bands(chosen=(8, 11), rgb=(1,)), [1]),
        (Bands(chosen="all"), [1, 2, 3]),
        (Bands(chosen=(9, 8, 7, 6)), [9, 8, 7]),
        (Bands(chosen=(9, 8)), [9]),
    ],
)
def test_people_see_the_named_bands_or_the_first_three_or_the_first_one(
    bands: Bands, shown: list[int]
) -> None:
    assert bands.for_people(13) == shown


@given(NUMBERS | st.just("all"), st.none() | st.tuples(*[st.integers(1, 99)] * 3))
def test_metadata_brings_back_what_was_put_in(
    chosen: list[int] | str, rgb: tuple[int, ...] | None
) -> None:
    bands = Bands.model_validate({"chosen": chosen, "rgb": rgb})
    assert Bands.from_metadata(bands.to_metadata()) == bands


@pytest.mark.parametrize("metadata", [None, {}, {b"pandas": b"{}"}])
def test_without_metadata_images_are_rgb(metadata: dict[bytes, bytes] | None) -> None:
    assert Bands.from_metadata(metadata) is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"chosen": []}, "should name a band at least"),
        ({"chosen": [0]}, "numbered from 1"),
        ({"chosen": "all", "rgb": [1, 2, -1]}, "numbered from 1"),
        ({"chosen": [2, 2]}, "name each band once"),
        ({"chosen": "some"}, "should be 'all'"),
        ({"chosen": "all", "rgb": [1, 2]}, "three bands .* or one"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Bands.model_validate(values)
