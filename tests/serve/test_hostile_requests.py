"""Requests that mean no good: each is refused with the right status, and the next is answered."""

import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

MEBIBYTE = 2**20


@pytest.fixture(autouse=True)
def _the_next_request_is_answered(client: httpx.Client, digit: bytes) -> Iterator[None]:
    yield
    assert client.post("/predict", files={"file": digit}).status_code == 200


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["request_id"] == answer.headers["x-request-id"]
    message = error["message"]
    assert len(message.splitlines()) == 1
    assert [word for word in words if word not in message] == [], message


def png_that_announces(width: int, height: int) -> bytes:
    """A PNG whose header announces a size, and whose pixels are missing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk


@pytest.fixture(scope="session")
def not_images(encoded: Callable[..., bytes]) -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    return {
        "nothing": b"",
        "text": b"this is no image",
        "a truncated JPEG": encoded(noise, "JPEG")[:600],
        "HTML": b"<!doctype html><script>alert(1)</script>",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "EPS": encoded(Image.new("RGB", (9, 9)), "EPS"),
        "a zip bomb": gzip.compress(bytes(50 * MEBIBYTE)),
        "a pixel bomb": png_that_announces(60_000, 60_000),
        "a header alone": png_that_announces(64, 64),
        "a PNG of zeros": encoded(Image.new("L", (8000, 8000))),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "nothing",
        "text",
        "a truncated JPEG",
        "HTML",
        "SVG",
        "EPS",
        "a zip bomb",
        "a pixel bomb",
        "a header alone",
        "a PNG of zeros",
    ],
)
def test_what_is_no_image_is_unprocessable(
    client: httpx.Client, not_images: dict[str, bytes], kind: str
) -> None:
    answer = client.post("/predict", files={"file": not_images[kind]})
    refused(answer, 422, "cannot be searched for")


def test_an_upload_that_says_to_be_too_large_is_refused_before_it_comes(
    client: httpx.Client,
) -> None:
    answer = client.post("/predict", files={"file": bytes(200 * MEBIBYTE)})
    refused(answer, 413, "serve.max_upload_bytes")


def test_an_upload_of_no_known_length_is_refused_once_it_is_too_large(
    client: httpx.Client,
) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(40):
            yield bytes(MEBIBYTE)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(client.post("/predict", content=endless(), headers=headers), 413)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"hello", 415),
        ("", b"hello", 415),
        ("image/jpeg", b"\xff\xd8", 415),
        ("application/json", b"{", 400),
        ("application/json", b"\xff\xfe", 400),
        ("application/json", b'{"id": "\\ud800"}', 400),
        ("application/json", b"[" * 100_000, 400),
        ("application/json", b'{"k": NaN, "id": "a"}', 422),
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=x", b"not a form", 400),
        ("multipart/form-data; boundary=x", b"", 422),
    ],
)
def test_a_body_of_another_kind_is_refused(
    client: httpx.Client, kind: str, body: bytes, status: int
) -> None:
    answer = client.post("/predict", content=body, headers={"Content-Type": kind})
    refused(answer, status)


def test_a_file_name_may_be_anything(client: httpx.Client, digit: bytes) -> None:
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff\xfe/../\x01"\r\n\r\n'
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = head + digit + b"\r\n--x--\r\n"
    assert client.post("/predict", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "fields", [{"files": {"image": b"a"}}, {"data": {"id": "a"}}, {"data": {"k": "1" * 5000}}]
)
def test_fields_that_no_form_has_are_refused(client: httpx.Client, fields: dict[str, Any]) -> None:
    answer = client.post("/predict", **{"files": {"file": b"a"}, **fields})
    refused(answer, 422)


def test_more_files_than_a_search_may_have_are_refused(client: httpx.Client) -> None:
    refused(client.post("/predict", files=[("file", b"a")] * 40), 400, "32")


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "link.png", "a\0b", "a" * 5000]
)
def test_without_a_folder_no_path_is_read(client: httpx.Client, path: str) -> None:
    refused(client.post("/predict", json={"path": path}), 422, "serve.images_root is not set")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/a.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.jpg",
        "file:///etc/passwd",
        "gopher://example.org/",
        "https://example.org/a.jpg",
        "//example.org",
        "http://",
        "http://a b/",
        "http://\u2025/",
    ],
)
def test_a_url_of_a_host_that_is_not_allowed_is_refused(client: httpx.Client, url: str) -> None:
    refused(client.post("/predict", json={"url": url}), 422, "url")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "a:b:c"])
def test_another_name_of_the_service_is_refused(client: httpx.Client, host: str) -> None:
    refused(client.get("/version", headers={"Host": host}), 400, "serve.host_names")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_sites_are_refused(client: httpx.Client, origin: str) -> None:
    answer = client.post("/predict", json={"id": "a"}, headers={"Origin": origin})
    refused(answer, 403, "other sites")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    ["/images/unknown", "/images/..%2f..%2fetc", "/page/..%2fapp.py", "/page/app.py", "/nowhere"],
)
def test_what_is_not_there_is_not_found(client: httpx.Client, path: str) -> None:
    refused(client.get(path), 404)


def test_a_method_that_a_path_does_not_have_is_refused(client: httpx.Client) -> None:
    refused(client.delete("/predict"), 405)
