"""A server that sends elsewhere."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


@pytest.fixture
def redirecting() -> Iterator[Callable[[str], str]]:
    """`redirecting(url)` gives an address on `localhost` that redirects to the URL."""
    target = ""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()

        def serve(url: str) -> str:
            nonlocal target
            target = url
            return f"http://localhost:{server.server_port}/a"

        yield serve
        server.shutdown()
