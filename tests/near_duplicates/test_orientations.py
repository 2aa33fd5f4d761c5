"""Turning pictures and their hashes, against Pillow."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from lookalike.images.orientation import upright
from lookalike.images.phash import phash
from lookalike.near_duplicates.orientations import INVERSE, transposed_bits, turn

PICTURE = load_sample_image("china.jpg")[:256:8, :256:8]


def turned(picture: np.ndarray, orientation: int) -> np.ndarray:
    return turn(picture[None], np.array([orientation]))[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_are_those_of_exif(orientation: int) -> None:
    expected = np.asarray(upright(Image.fromarray(PICTURE), orientation))
    assert (turned(PICTURE, orientation) == expected).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_inverse_orientation_turns_back(orientation: int) -> None:
    back = turned(turned(PICTURE, orientation), int(INVERSE[orientation]))
    assert (back == PICTURE).all()


def test_every_picture_is_turned_by_its_own_orientation() -> None:
    both = turn(np.stack([PICTURE, PICTURE]), np.array([1, 6]))
    assert (both == np.stack([PICTURE, turned(PICTURE, 6)])).all()


def test_the_hash_of_the_transposed_picture_has_its_bits_transposed() -> None:
    gray = Image.fromarray(PICTURE).convert("L")
    hashes, of_transposed = phash(gray), phash(gray.transpose(Image.Transpose.TRANSPOSE))
    found = transposed_bits(np.array(hashes[:4], np.uint64)).tolist()
    # Upside down and mirrored change places.
    assert [found[0], found[2], found[1], found[3]] == list(of_transposed[:4])
