"""Servers and archives to take images from."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from tenacity import wait_none

MakeArchive = Callable[[dict[str, bytes], str], bytes]


@pytest.fixture(autouse=True)
def _attempts_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often a server is asked is what counts; the waits between take seconds."""
    monkeypatch.setattr(
        "lookalike.ingest.retrying.wait_exponential_jitter", lambda **_: wait_none()
    )


@pytest.fixture(scope="session")
def archived() -> MakeArchive:
    """Pack files into an archive: `archived({"a/b.png": data}, "zip")`, or `"tar"`, `"tar.gz"`."""

    def pack(files: dict[str, bytes], form: str) -> bytes:
        whole = io.BytesIO()
        if form == "zip":
            with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, data in files.items():
                    archive.writestr(name, data)
        else:
            with tarfile.open(fileobj=whole, mode=f"w:{form.partition('.')[2]}") as tar:
                for name, data in files.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
        return whole.getvalue()

    return pack


@pytest.fixture
def http() -> Iterator[Callable[..., str]]:
    """Serve bytes over HTTP: `http(data)` gives a URL; `http(data, failures=2)` first breaks off.

    A failing answer announces all the bytes, sends half of them and closes the connection.
    """
    servers = []

    def serve(data: bytes, failures: int = 0, status: int = 200) -> str:
        left = [failures]

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(b"")

            def do_GET(self) -> None:
                if left[0] > 0:
                    left[0] -= 1
                    self.answer(data[: len(data) // 2])
                    self.connection.close()
                else:
                    self.answer(data)

            def answer(self, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/photos.zip"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endless() -> Iterator[str]:
    """The URL of an answer that does not end, nor says how long it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            try:
                while True:
                    self.wfile.write(b"GIF89a".ljust(2**16, b"\0"))
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/photos.zip"
        server.shutdown()
