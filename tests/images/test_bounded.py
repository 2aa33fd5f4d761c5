"""One file that nobody has looked at yet, decoded within bounds."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from lookalike.images.bounded import decode_bounded
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.worker import Limits

LIMITS = Limits(seconds=2.0, memory=2**32)


@pytest.fixture
def photo(tmp_path: Path, encoded: Callable[..., bytes]) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(np.full((8, 6, 3), 7, np.uint8)))
    return path


def refusal(file: Path | bytes, **options: object) -> str:
    with pytest.raises(UndecodableImageError) as caught:
        decode_bounded(file, **{"decode": decode, "limits": LIMITS} | options)  # type: ignore[arg-type]
    return str(caught.value)


def sleep(data: bytes) -> None:
    time.sleep(600)


def test_a_file_and_its_bytes_are_decoded(photo: Path) -> None:
    assert decode_bounded(photo, decode).size == (6, 8)
    assert decode_bounded(photo.read_bytes(), decode).size == (6, 8)


def test_a_link_to_a_file_is_one(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(photo)
    assert decode_bounded(tmp_path / "link", decode).size == (6, 8)


def test_devices_pipes_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", tmp_path):
        assert refusal(path) == "is not a regular file"


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**40)
    assert refusal(tmp_path / "large").startswith("1099511627776 bytes, more than")


def test_what_is_no_image_is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    with (tmp_path / "video.mp4").open("wb") as file:
        file.write(b"\0\0\0\x20ftypisom")
        file.truncate(2**27)
    assert refusal(tmp_path / "video.mp4") == "not an image of a known format"


def test_a_slow_image_is_refused_in_time(photo: Path) -> None:
    assert refusal(photo, decode=sleep) == "broken image: its decoder gave no answer in 2 seconds"


def test_an_image_of_too_many_pixels_is_refused(photo: Path) -> None:
    few = partial(decode, max_pixels=40)
    assert refusal(photo, decode=few) == "6 x 8 pixels, more than 40 allowed"


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode_bounded(tmp_path / "gone.png", decode)
