"""Indexed images: thumbnails, originals and records, with their cache headers."""

import hashlib
from io import BytesIO

import httpx
import pytest
from PIL import Image


@pytest.fixture
def url(digit: bytes) -> str:
    return f"/images/{hashlib.sha256(digit).hexdigest()}"


def test_the_original_comes_as_it_was_ingested(
    client: httpx.Client, url: str, digit: bytes
) -> None:
    answer = client.get(url)
    assert answer.content == digit
    assert answer.headers["content-type"] == "image/png"


def test_a_thumbnail_is_a_small_webp(client: httpx.Client, url: str) -> None:
    answer = client.get(f"{url}/thumbnail")
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("WEBP", (8, 8))


@pytest.mark.parametrize("what", ["", "/thumbnail"])
def test_a_picture_is_kept_by_browsers_and_not_sent_again(
    client: httpx.Client, url: str, what: str
) -> None:
    first = client.get(url + what)
    assert "immutable" in first.headers["cache-control"]
    again = client.get(url + what, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_record_holds_what_is_known(client: httpx.Client, url: str) -> None:
    record = client.get(f"{url}/metadata").json()
    assert (record["path"], record["label"], record["width"]) == ("3/03.png", "3", 8)
    assert "similarity" not in record
