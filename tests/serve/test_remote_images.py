"""Images by URL: allowed hosts, public addresses, bounded answers; a real server on loopback."""

import asyncio
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread

import pytest

from lookalike.core.errors import QueryError
from lookalike.core.public_address import is_public
from lookalike.serve.remote_images import fetch_image


class Handler(BaseHTTPRequestHandler):
    """`/image` is an image; others are what a server may do instead."""

    def do_GET(self) -> None:
        self.server.hosts.append(self.headers["Host"])  # type: ignore[attr-defined]
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            time.sleep(2)
        pieces = 10_000 if self.path == "/endless" else 1
        try:
            for _ in range(pieces):
                self.wfile.write(b"image" * 100)
        except OSError:
            return  # who has read enough goes away

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.hosts = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever).start()
    yield server
    server.shutdown()
    server.server_close()


def fetch(server: ThreadingHTTPServer, path: str, seconds: float = 10) -> bytes:
    url = f"http://localhost:{server.server_port}{path}"
    loopback = ip_address("127.0.0.1"), ip_address("::1")
    return run(fetch_image(url, ["localhost"], 1000, seconds, loopback.__contains__))


def run(fetching: Coroutine[object, object, bytes]) -> bytes:
    """In a thread of its own: a browser of other tests keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, fetching).result()


def test_an_image_of_an_allowed_host_is_read_and_the_host_is_named(
    server: ThreadingHTTPServer,
) -> None:
    assert fetch(server, "/image") == b"image" * 100
    assert server.hosts == [f"localhost:{server.server_port}"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "words"),
    [("/endless", "more than 1000 bytes"), ("/moved", "answers 302"), ("/slow", "within 0.5")],
)
def test_other_answers_are_refused(server: ThreadingHTTPServer, path: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        fetch(server, path, seconds=0.5)


def test_an_allowed_name_of_a_private_address_is_never_connected_to(
    server: ThreadingHTTPServer,
) -> None:
    url = f"http://localhost:{server.server_port}/image"
    with pytest.raises(QueryError, match="private network"):
        run(fetch_image(url, ["localhost"], 1000, 1.0))
    assert server.hosts == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url",
    ["http://user@localhost/", "ftp://localhost/", "http://localhost.evil.example/", "http://[::1"],
)
def test_a_url_that_is_not_allowed_is_refused(url: str) -> None:
    with pytest.raises(QueryError, match="url: "):
        run(fetch_image(url, ["localhost"], 1000, 1.0))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_public_addresses_are_those_of_the_open_internet(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public
