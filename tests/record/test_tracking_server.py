"""What is said where there is no MLflow server, or one that refuses."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from lookalike.record.tracking_server import open_tracking_server

pytest.importorskip("mlflow", reason="the package mlflow is not installed")

OneLineError = Callable[..., AbstractContextManager[None]]
SECRET = "f00dcafe"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets of MLflow's variables is gone after it."""
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", "")
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}")


def ask(monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with open_tracking_server() as client:
        client.get_experiment_by_name("lookalike")


class Refusing(BaseHTTPRequestHandler):
    """Lets nobody in, and notes who asked."""

    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Authorization"])
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def refusing() -> Iterator[HTTPServer]:
    Refusing.asked = []
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_without_an_address_it_says_how_one_looks(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    with one_line_error("MLFLOW_TRACKING_URI is not set", "http://user:password@host:5000"):
        ask(monkeypatch, " ")


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:///runs.db",
        "http://",
        f"http://me:{SECRET}/x@host:5000",
        f"http://me:5/{SECRET}@host:5000",
        f"http://me:5#{SECRET}@host:5000",
    ],
)
def test_what_is_no_address_is_not_repeated(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="is no address of a server") as caught:
        ask(monkeypatch, uri)
    assert SECRET not in str(caught.value)


def test_a_server_that_is_down_is_one_line_at_once(
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
    capfd: pytest.CaptureFixture[str],
) -> None:
    start = time.monotonic()
    with one_line_error("MLflow at http://127.0.0.1:9: no server answers there"):
        ask(monkeypatch, f"http://me:{SECRET}@127.0.0.1:9")
    assert time.monotonic() - start < 5
    assert SECRET not in "".join(capfd.readouterr())


def test_a_server_that_never_answers_is_given_up_within_seconds(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        start = time.monotonic()
        with one_line_error("no server answers there"):
            ask(monkeypatch, f"http://127.0.0.1:{port}")
    assert time.monotonic() - start < 10


def test_a_wrong_password_reaches_the_server_and_no_message(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    with refusing() as server:
        address = f"127.0.0.1:{server.server_port}"
        with one_line_error(f"MLflow at http://{address}: the server refuses the user or password"):
            ask(monkeypatch, f"http://me:{SECRET}@{address}")
    assert Refusing.asked[0] == "Basic bWU6ZjAwZGNhZmU="
