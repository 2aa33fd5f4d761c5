"""What S3 answers where an object cannot be had, and what may pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from s3fs import S3FileSystem

from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.source import Candidate, UnreadableError

Answer = tuple[int, str, dict[str, str]]
CANDIDATE = Candidate("a.gif", None, "s3://bucket/a.gif", 6)
GIF: Answer = (200, "GIF89a", {})


def error(status: int, code: str) -> Answer:
    body = f"<Error><Code>{code}</Code><Message>a message</Message></Error>"
    return status, body, {"Content-Type": "application/xml"}


@contextmanager
def answering(answers: list[Answer]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that gives one answer after the other, the last for ever; what it was asked."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = answers[min(len(asked), len(answers) - 1)]
            asked.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[bytes, list[dict[str, str]]]]:
    """Read one object from a server that gives these answers."""

    def reading(*answers: Answer) -> tuple[bytes, list[dict[str, str]]]:
        with answering(list(answers)) as (address, asked):
            monkeypatch.setenv("AWS_ENDPOINT_URL", address)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
            monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            S3FileSystem.clear_instance_cache()
            return BucketSource("s3://bucket").read(CANDIDATE), asked

    return reading


Read = Callable[..., tuple[bytes, list[dict[str, str]]]]


def test_an_archived_object_is_one_rejection_that_says_what_to_do(read: Read) -> None:
    with pytest.raises(UnreadableError, match=r"is archived .* restore it first"):
        read(error(403, "InvalidObjectState"))


@pytest.mark.parametrize(
    "refusal",
    [error(429, "TooManyRequests"), error(503, "SlowDown"), error(500, "InternalError")],
)
def test_a_server_in_trouble_is_asked_again(refusal: Answer, read: Read) -> None:
    data, asked = read(refusal, refusal, GIF)
    assert (data, len(asked)) == (b"GIF89a", 3)


def test_an_object_that_came_with_another_checksum_is_asked_for_again(read: Read) -> None:
    damaged = (200, "GIF89b", {"x-amz-checksum-crc32": "AAAAAA=="})
    assert read(damaged, GIF)[0] == b"GIF89a"


@pytest.mark.parametrize(("payer", "sent"), [("requester", "requester"), ("", None)])
def test_who_pays_for_requests_is_said_by_the_usual_variable(
    payer: str, sent: str | None, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REQUEST_PAYER", payer)
    _, asked = read(GIF)
    assert asked[0].get("x-amz-request-payer") == sent
