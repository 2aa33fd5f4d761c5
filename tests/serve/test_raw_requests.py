"""What no HTTP client would send, byte by byte; the next client is answered all the same."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from tests.serve.conftest import Serving

from lookalike.serve.connection import MAX_HEAD_BYTES

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /version HTTP/1.1\r\n" + HOST + b"\r\n"


@contextmanager
def connected(client: httpx.Client) -> Iterator[socket.socket]:
    address = (client.base_url.host, client.base_url.port or 80)
    with socket.create_connection(address, timeout=20) as connection:
        yield connection


def answers(client: httpx.Client, request: bytes) -> list[bytes]:
    """The status line of every answer to what is sent on one connection, which then ends."""
    with connected(client) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as file:
            return [line.strip() for line in file if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 3\r\nContent-Length: 46\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length : 3\r\n",
        b"Content-Length: 3\r\n folded\r\n",
        b"Content-Length:\r\n 3\r\n",
    ],
)
def test_a_length_that_can_be_read_in_two_ways_smuggles_no_request(
    client: httpx.Client, headers: bytes
) -> None:
    request = b"POST /predict HTTP/1.1\r\n" + HOST + headers + b"\r\n0\r\n\r\n" + SMUGGLED
    assert answers(client, request) == [b"HTTP/1.1 400 Bad Request"]


def test_two_hosts_are_refused(client: httpx.Client) -> None:
    two = HOST + b"Host: evil.example\r\n"
    request = b"GET /version HTTP/1.1\r\n" + two + b"Connection: close\r\n\r\n"
    assert answers(client, request) == [b"HTTP/1.1 400 Bad Request"]


@pytest.mark.parametrize("header", [b"X: " + b"a" * 2**20 + b"\r\n", b"X: a\r\n" * 50_000])
def test_headers_of_a_megabyte_are_refused(client: httpx.Client, header: bytes) -> None:
    with connected(client) as connection:
        try:
            connection.sendall(b"GET /version HTTP/1.1\r\n" + HOST + header + b"\r\n")
            answer = connection.recv(100)
        except ConnectionError:  # refused while it came
            answer = b""
    assert answer[:13] in {b"", b"HTTP/1.1 431 "}
    assert client.get("/version").status_code == 200


def test_a_header_without_end_is_cut_off(client: httpx.Client) -> None:
    with connected(client) as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\n" + HOST + b"X: ")
        with pytest.raises(ConnectionError):
            for _ in range(64 * 2**20 // MAX_HEAD_BYTES):
                connection.sendall(bytes([97]) * MAX_HEAD_BYTES)


def test_connections_that_never_ask_are_closed_and_the_others_answered(serving: Serving) -> None:
    with serving(keep_alive=1) as client, ExitStack() as stack:
        silent = [stack.enter_context(connected(client)) for _ in range(200)]
        slow = stack.enter_context(connected(client))
        slow.sendall(b"GET /version HTTP/1.1\r\nHost: local")
        assert client.get("/version").status_code == 200
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        assert [connection.recv(1) for connection in silent] == [b""] * 200
        assert client.get("/version").status_code == 200


def test_the_rest_of_a_body_that_was_refused_is_not_read_for_ever(serving: Serving) -> None:
    head = b"POST /predict HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n"
    with serving(keep_alive=1) as client, connected(client) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(ConnectionError):
            while True:
                connection.sendall(bytes(2**16))
