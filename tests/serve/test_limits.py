"""Bounded bodies, time and queue; what clients are told when a bound is reached."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import numpy as np
from tests.images.hostile import jpeg_of_many_scans
from tests.serve.conftest import Serving


@contextmanager
def half_sent(client: httpx.Client, body: bytes) -> Iterator[socket.socket]:
    """A connection on which all of a search by upload but its last byte is sent."""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80)) as connection:
        head = (
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:-1])
        yield connection


def answer_on(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as file:
        return file.read()


def test_a_search_that_finds_no_place_is_told_to_come_again(serving: Serving) -> None:
    body = b'{"id": "unknown"}'
    with serving(queue_size=1) as client, half_sent(client, body) as first:
        while (answer := client.post("/predict", content=b"{}")).status_code == 415:
            pass  # the first one is still on its way
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "serve.queue_size" in answer.json()["error"]["message"]
        assert client.get("/healthz").status_code == 200
        first.sendall(body[-1:])
        assert b" 422 " in answer_on(first).partition(b"\r\n")[0]
        assert client.post("/predict", content=b"{}").status_code == 415


def test_a_body_that_does_not_come_is_not_waited_for(serving: Serving, digit: bytes) -> None:
    with serving(timeout=0.5) as client, half_sent(client, b'{"id": "unknown"}') as slow:
        status = answer_on(slow).partition(b"\r\n")[0]
        assert b" 408 " in status
        assert client.post("/predict", json={"id": "unknown"}).status_code == 422


def test_an_answer_that_takes_too_long_is_given_up(
    serving: Serving, encoded: Callable[..., bytes]
) -> None:
    small_file_of_many_pixels = encoded(np.zeros((7000, 7000, 3), np.uint8))
    with serving(timeout=0.1) as client:
        answer = client.post("/predict", files={"file": small_file_of_many_pixels})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert any(client.get("/version").status_code == 200 for _ in range(50))


def test_an_image_of_too_many_pixels_is_unprocessable(
    serving: Serving, encoded: Callable[..., bytes]
) -> None:
    image = encoded(np.zeros((20, 20), np.uint8))
    with serving(max_pixels=399) as client:
        answer = client.post("/predict", files={"file": image})
    assert answer.status_code == 422
    assert "20 x 20 pixels, more than 399 allowed" in answer.json()["error"]["message"]


def test_a_body_of_exactly_the_allowed_size_is_read(serving: Serving) -> None:
    body = b'{"id": "unknown"}'
    headers = {"Content-Type": "application/json"}
    with serving(max_upload_bytes=len(body)) as client:
        assert client.post("/predict", content=body, headers=headers).status_code == 422
        assert client.post("/predict", content=body + b" ", headers=headers).status_code == 413


def test_an_image_that_takes_long_to_decode_is_given_up_and_the_next_is_answered(
    serving: Serving, encoded: Callable[..., bytes], digit: bytes
) -> None:
    with serving(timeout=2.0) as client:
        answer = client.post("/predict", files={"file": jpeg_of_many_scans(encoded)})
        assert answer.status_code == 503, answer.text
        while (answer := client.post("/predict", files={"file": digit})).status_code == 503:
            pass  # another decoder is still on its way
        assert answer.status_code == 200
