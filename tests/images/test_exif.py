"""Facts of EXIF, as phones and cameras write them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.images.exif import COLUMNS, exif_columns, exif_fields
from lookalike.images.inspect import inspect

ALL = tuple(COLUMNS)
TIME = "2020:01:02 03:04:05"
NOTHING = {"captured_at": None, "camera": None}


def photo(form: str = "JPEG", **directories: dict[int, Any]) -> bytes:
    """A photograph of a few pixels with the tags of `main`, `exif` and `gps`."""
    tags = Image.Exif()
    tags.update(directories.get("main", {}))
    for name, pointer in (("exif", 0x8769), ("gps", 0x8825)):
        tags.get_ifd(pointer).update(directories.get(name, {}))
    buffer = BytesIO()
    Image.new("RGB", (64, 48), "green").save(buffer, form, exif=tags)
    return buffer.getvalue()


def facts(data: bytes) -> dict[str, Any]:
    return dict(inspect(data, 10**6, exif=ALL).exif)


OF_A_PHONE: dict[str, dict[int, Any]] = {
    "main": {271: "Fairphone", 272: "FP4"},
    "exif": {36867: "2024:05:01 12:30:00", 36881: "+02:00"},
    "gps": {1: "S", 2: (33.0, 51.0, 24.5), 3: "E", 4: (151.0, 12.0, 54.0)},
}
FOUND = {
    "captured_at": "2024-05-01T12:30:00+02:00",
    "camera": "Fairphone FP4",
    "latitude": pytest.approx(-33.8568056),
    "longitude": pytest.approx(151.215),
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_time_camera_and_position_are_read_in_the_formats_of_phones(form: str) -> None:
    assert facts(photo(form, **OF_A_PHONE)) == FOUND


def test_only_what_was_asked_for_is_read() -> None:
    data = photo(**OF_A_PHONE)
    assert dict(inspect(data, 10**6).exif) == {}
    found = inspect(data, 10**6, exif=["camera"]).exif
    assert dict(found) == {"camera": "Fairphone FP4"}


def test_the_columns_are_those_of_the_facts() -> None:
    assert [field.name for field in exif_fields(["position", "captured_at"])] == [
        "captured_at",
        "latitude",
        "longitude",
    ]


def test_an_image_without_exif_says_nothing(encoded: Callable[..., bytes]) -> None:
    assert facts(encoded(Image.new("RGB", (8, 8)))) == NOTHING


@pytest.mark.parametrize(
    ("tags", "column", "value"),
    [
        ({"exif": {36867: "0000:00:00 00:00:00"}}, "captured_at", None),
        ({"exif": {36867: "2024:02:31 00:00:00"}}, "captured_at", None),
        ({"exif": {36867: "    ", 36868: TIME}}, "captured_at", "2020-01-02T03:04:05"),
        ({"exif": {36867: TIME, 36881: "   :  "}}, "captured_at", "2020-01-02T03:04:05"),
        ({"main": {306: TIME}}, "captured_at", None),  # when it was changed
        ({"main": {271: "Canon", 272: "Canon EOS 5D"}}, "camera", "Canon EOS 5D"),
        ({"main": {271: "Canon"}}, "camera", "Canon"),
        ({"main": {272: "FP4  "}}, "camera", "FP4"),
        ({"main": {271: "", 272: ""}}, "camera", None),
        ({"gps": {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (1.0, 0.0, 0.0)}}, "latitude", None),
        ({"gps": {1: "N", 2: (1.0, 0.0, 0.0)}}, "latitude", None),
        ({"gps": {2: (1.0, 0.0, 0.0), 4: (1.0, 0.0, 0.0)}}, "latitude", None),
        ({"gps": {1: "N", 2: (1.0, 0.0, 0.0), 3: "W", 4: (2.0, 30.0, 0.0)}}, "longitude", -2.5),
    ],
)
def test_what_cannot_be_is_not_said(tags: dict[str, Any], column: str, value: Any) -> None:
    assert facts(photo(**tags)).get(column) == value


@given(st.binary(max_size=200))
def test_any_bytes_have_facts_or_none(data: bytes) -> None:
    found = exif_columns(b"II*\0\x08\0\0\0" + data, ALL)
    assert found.keys() <= {"captured_at", "camera", "latitude", "longitude"}
