"""Candidates among the hashes of one picture, turned and framed."""

from collections.abc import Callable

import pyarrow as pa
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_image

from lookalike.images.inspect import inspect
from lookalike.images.orientation import upright
from lookalike.near_duplicates.candidates import candidates

TEMPLE = Image.fromarray(load_sample_image("china.jpg"))
FLOWER = Image.fromarray(load_sample_image("flower.jpg"))


@pytest.fixture(scope="module")
def hashes(encoded: Callable[..., bytes]) -> Callable[..., pa.Table]:
    def table(*pictures: Image.Image) -> pa.Table:
        rows = [inspect(encoded(picture), 10**6)._asdict() for picture in pictures]
        return pa.table(
            {
                name: pa.array([row[name] for row in rows], pa.uint64())
                for name in rows[0]
                if name.startswith("phash")
            }
        )

    return table


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_copy_is_a_candidate_with_the_orientation_that_turns_it_back(
    hashes: Callable[..., pa.Table], orientation: int
) -> None:
    back = {6: 8, 8: 6}.get(orientation, orientation)
    found = candidates(hashes(TEMPLE, FLOWER, upright(TEMPLE, orientation)), 8, workers=1)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == [(0, 2, back)]


def test_what_is_inside_a_frame_is_a_candidate(hashes: Callable[..., pa.Table]) -> None:
    framed = ImageOps.expand(TEMPLE, 40, "white")
    found = candidates(hashes(TEMPLE, FLOWER, framed), 8, workers=1)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == [(3 + 2, 0, 1)]


def test_two_frames_are_candidates_by_what_is_inside(hashes: Callable[..., pa.Table]) -> None:
    white, black = ImageOps.expand(TEMPLE, 40, "white"), ImageOps.expand(TEMPLE, 60, "black")
    found = candidates(hashes(white, black), 8, workers=1)
    assert list(zip(*(part.tolist() for part in found), strict=True)) == [(2, 2 + 1, 1)]
