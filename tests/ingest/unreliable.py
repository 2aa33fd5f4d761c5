"""A server between a client and another server, which fails now and then, as busy ones do."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

SLOW_DOWN = (
    b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


class Unreliable(ThreadingHTTPServer):
    """Of every five requests it throttles the first and breaks the third off in the middle."""

    daemon_threads = True

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = behind
        self.throttled = self.broken_off = 0
        self._requests = 0
        self._lock = Lock()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def next_failure(self) -> str | None:
        with self._lock:
            self._requests += 1
            if self._requests % 5 == 1:
                self.throttled += 1
                return "throttle"
            if self._requests % 5 == 3:
                self.broken_off += 1
                return "break off"
            return None


class _Handler(BaseHTTPRequestHandler):
    server: Unreliable
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        failure = self.server.next_failure()
        if failure == "throttle":
            self._answer(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
            return
        connection = http.client.HTTPConnection(self.server.behind)
        connection.request(self.command, self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name in KEPT}
        if failure == "break off":
            self._answer(answer.status, headers, data, sent=len(data) // 2)
            self.close_connection = True
        else:
            self._answer(answer.status, headers, data)
        connection.close()

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(
        self, status: int, headers: dict[str, str], data: bytes, sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[:sent])

    def log_message(self, format: str, *args: object) -> None:
        pass


KEPT = {"Content-Type", "Content-Range", "ETag", "Last-Modified"}


@contextmanager
def unreliable(behind: str) -> Iterator[Unreliable]:
    """Stand between clients and the server at `behind`, HOST:PORT."""
    server = Unreliable(behind)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
