"""What tests of several packages share; see also `tests/fixtures`."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import settings

from lookalike.terminal.console import ConsoleReporter
from lookalike.terminal.progress import reporting_to

pytest_plugins = [
    f"tests.fixtures.{name}"
    for name in ("commands", "digits", "images", "models", "servers", "tiny")
]

SOURCE = Path(__file__).parents[1] / "src"

settings.register_profile("project", deadline=None, max_examples=50)
settings.register_profile("quick", deadline=None, max_examples=12)
settings.load_profile("project")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of few but long tests come first, so that no process works on after all others.

    The first of them makes the project that has been run, and files that would wait for it come
    after those that do not need it.
    """
    of_processes = {"pipeline", "docs", "test_cli.py"}
    long = [item for item in items if of_processes & {item.path.parent.name, item.path.name}]
    waiting = [item.path for item in long if "finished" in item.fixturenames]  # type: ignore[attr-defined]
    order = [*waiting[:1], *(item.path for item in long if item.path not in waiting), *waiting]
    places = {path: place for place, path in enumerate(dict.fromkeys(order))}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(autouse=True)
def _on_the_terminal() -> Iterator[None]:
    """What the library reports goes to stderr, as it does for commands and stages."""
    with reporting_to(ConsoleReporter()):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data sets and weights that no clone holds."""
    folder = os.environ.get("LOOKALIKE_SHARED")
    if folder is None:
        pytest.skip("LOOKALIKE_SHARED is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def sentinel_tiles(shared: Path) -> list[Path]:
    """Ten real Sentinel-2 tiles, one of each class of EuroSAT: uint16, 13 bands, 64 x 64 pixels."""
    folders = sorted((shared / "data" / "eurosat-stac" / "data").rglob("sentinel_2/tif/*"))
    return [min(folder.iterdir()) for folder in folders]


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """The processes that a test has put in here; ended at the end."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        with process:
            process.kill()


@pytest.fixture
def start(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> Callable[[str], subprocess.Popen[str]]:
    """Start Python code in a process (and session) of its own, in `tmp_path`; ended at the end."""

    def run(code: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    return run


@pytest.fixture(scope="session")
def one_line_error() -> Callable[..., AbstractContextManager[None]]:
    """Expect a LookalikeError of one line that holds some words: `one_line_error("a", "b")`.

    `kind=QueryError` expects one of a subclass.
    """
    from lookalike.core.errors import LookalikeError

    @contextmanager
    def expect(*words: str, kind: type[LookalikeError] = LookalikeError) -> Iterator[None]:
        with pytest.raises(kind) as caught:
            yield
        line = str(caught.value)
        assert len(line.splitlines()) == 1, line
        assert [word for word in words if word not in line] == [], line

    return expect


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """A web server for the files of a folder, on this machine; its address."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
