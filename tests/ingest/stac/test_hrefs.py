import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.conftest import file_server

from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.hrefs import HrefReader, joined, suffix


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server for the files in `tmp_path`; its address."""
    with file_server(tmp_path) as address:
        yield address


@pytest.mark.parametrize(
    ("href", "end"),
    [("https://host/a.tif?b=c.png", ".tif"), ("a/b.PNG", ".PNG"), ("https://host/a", "")],
)
def test_the_suffix_is_that_of_the_file(href: str, end: str) -> None:
    assert suffix(href) == end


@pytest.mark.parametrize(
    ("href", "seen"),
    [
        ("../images/a.png", "images/a.png"),
        ("/images/a.png", "/images/a.png"),
        ("file:///images/a.png", "/images/a.png"),
        ("s3://bucket/../a.png", "s3://bucket/../a.png"),
    ],
)
def test_a_relative_address_is_below_the_folder(href: str, seen: str) -> None:
    assert joined("data", href) == seen


def test_a_local_and_a_remote_file_are_read(tmp_path: Path, server: str) -> None:
    (tmp_path / "a b.png").write_bytes(b"image")
    assert HrefReader().read(str(tmp_path / "a b.png")) == b"image"
    assert HrefReader().read(f"{server}/a%20b.png") == b"image"


def refusal(href: str) -> str:
    with pytest.raises(UnreadableError) as caught:
        HrefReader().read(href)
    return str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path, server: str) -> None:
    assert refusal(str(tmp_path / "a.png")) == "there is no such file"
    assert refusal(f"{server}/a.png?sig=SECRET") == "there is no such file"


def test_a_server_that_refuses_is_not_told_with_the_signature() -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        reason = refusal(f"http://127.0.0.1:{server.server_port}/a.png?sig=SECRET")
        server.shutdown()
    assert reason.startswith("cannot be read: 403")
    assert "SECRET" not in reason


def test_a_pipe_and_a_folder_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(str(tmp_path / "pipe")) == "cannot be read: is not a regular file"
    assert refusal(str(tmp_path)) == "cannot be read: is not a regular file"


@pytest.mark.parametrize(
    "href", ["memory://a", "zip://a.png::http://127.0.0.1/a.zip", "github://a:b@c/d", "ftp://a/b"]
)
def test_no_other_protocol_is_followed(href: str) -> None:
    assert "is not one of https, http, s3, gs, azure" in refusal(href)


def test_a_name_that_no_file_can_have_says_so() -> None:
    assert refusal("a\0b.png").startswith("cannot be read")
    assert refusal("a" * 300).startswith("cannot be read")
