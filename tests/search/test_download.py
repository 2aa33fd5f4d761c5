"""Images on web servers, fetched from a real one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lookalike.core.errors import QueryError
from lookalike.search import download as module
from lookalike.search.download import Url, download, is_web_address
from lookalike.search.queries import MAX_BYTES, Like, name_of
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]

PIECE = b"x" * 1000


class Answers(BaseHTTPRequestHandler):
    """What a server may do with a request, chosen by its path."""

    files: dict[str, bytes]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.files:
            self._send(200, self.files[path])
        elif path == "/moved":
            self._redirect("/3/03.png")
        elif path == "/to-a-file":
            self._redirect("file:///etc/passwd")
        elif path == "/round":
            self._redirect("/round")
        elif path == "/short":
            self._send(200, PIECE, promised=5000)
        elif path == "/endless":
            self._send(200, PIECE, promised=None)
            try:
                while True:
                    self.wfile.write(PIECE)
            except OSError:  # the client has had enough
                pass
        elif path == "/large":
            self._send(200, PIECE, promised=MAX_BYTES + 1)
        elif path == "/nonsense":
            self.wfile.write(b"nonsense\r\n\r\n")
        else:
            self._send(404, b"nothing")

    def _send(self, status: int, data: bytes, promised: int | None = -1) -> None:
        self.send_response(status)
        if promised is not None:
            self.send_header("Content-Length", str(len(data) if promised < 0 else promised))
        self.end_headers()
        self.wfile.write(data)

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server(tiny_source: Path) -> Iterator[str]:
    """A web server with an image at `/3/03.png`, and the same at an address that needs quoting."""
    image = (tiny_source / "3/03.png").read_bytes()
    Answers.files = {"/3/03.png": image, "/drei%20%C3%BC.png": image}
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def fetched(address: str, max_bytes: int = MAX_BYTES) -> bytes:
    return download(Url(address), "the address", max_bytes)


@pytest.mark.parametrize("path", ["/3/03.png", "/3/03.png?size=full#top", "/moved"])
def test_the_bytes_at_an_address_are_those_of_the_file(
    path: str, server: str, tiny_source: Path
) -> None:
    assert fetched(server + path) == (tiny_source / "3/03.png").read_bytes()


@pytest.mark.parametrize("path", ["/drei ü.png", "/drei%20%C3%BC.png"])
def test_an_address_may_be_written_as_people_write_it(path: str, server: str) -> None:
    assert fetched(server + path).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/nothing", "the server answers 404"),
        ("/to-a-file", "cannot be downloaded"),
        ("/round", "cannot be downloaded"),
        ("/short", "it ends after 1000 bytes"),
        ("/endless", "more than 100000 bytes"),
        ("/large", "more than 100000 bytes"),
        ("/nonsense", "cannot be downloaded"),
    ],
)
def test_what_cannot_be_had_is_one_line(
    path: str, message: str, server: str, one_line_error: OneLineError
) -> None:
    with one_line_error("the address: ", message, kind=QueryError):
        fetched(server + path, 100_000)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:1/", "http://", "http:///a.png", "http://[", "http://a b/", "http://x:y/"],
)
def test_an_address_that_leads_nowhere_is_one_line(
    address: str, one_line_error: OneLineError
) -> None:
    with one_line_error("the address: ", kind=QueryError):
        fetched(address)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/a.png", "/etc/passwd", ""])
def test_only_web_servers_are_asked(address: str, one_line_error: OneLineError) -> None:
    assert not is_web_address(address)
    with one_line_error("is no http or https address", kind=QueryError):
        fetched(address)


def test_a_download_that_takes_too_long_ends(
    server: str, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with one_line_error("takes more than", kind=QueryError):
        fetched(f"{server}/endless", 2**40)


def test_a_server_that_stays_silent_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    import socket

    monkeypatch.setattr(module, "SILENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with one_line_error("cannot be downloaded (timed out)", kind=QueryError):
            fetched(address)


def test_no_secret_of_an_address_is_in_a_message(server: str, one_line_error: OneLineError) -> None:
    address = f"{server}/nothing?X-Amz-Signature=opensesame"
    assert "opensesame" not in name_of(Url(address))
    with pytest.raises(QueryError) as caught:
        download(Url("http://user:opensesame@127.0.0.1/"), "the address", 1)
    assert "opensesame" not in str(caught.value)


def test_an_image_on_the_web_is_searched_for_as_its_file_is(
    server: str, tiny_model: Path, tiny_index: Path, tiny_source: Path
) -> None:
    searcher = open_searcher(tiny_model, tiny_index)
    url = Url(f"{server}/3/03.png")
    found = searcher.search(url, k=3, exclude_query=True)
    assert found.query == url.address
    assert found.hits == searcher.search(tiny_source / "3/03.png", k=3, exclude_query=True).hits
    assert searcher.search(Like(url, unlike=[url]), k=1).hits[0].path == "3/03.png"
