"""The service on loopback, over the tiny model and index: real uvicorn in a thread."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
import uvicorn

from lookalike.images.store import ImageStore
from lookalike.serve.app import create_app
from lookalike.serve.connection import BoundedConnection
from lookalike.serve.params import ServeParams
from lookalike.serve.settings import Settings
from lookalike.serve.source import Folders, Published, Source

Serving = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="session")
def settings(
    tiny_model: Path,
    tiny_index: Path,
    tiny_images: ImageStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Settings]:
    """Settings of a service: `settings(token="secret", queue_size=1)`."""

    def make(
        token: str | None = None,
        index: Path = tiny_index,
        fresh: Path | None = None,
        model: Path = tiny_model,
        **params: Any,
    ) -> Settings:
        fresh = fresh or tmp_path_factory.mktemp("fresh") / "images.sqlite"
        chosen = ServeParams(**{"decoders": 1, "watch_seconds": None, **params})
        source: Source = Folders(model, index)
        if chosen.store is not None:
            source = Published(model, chosen.store)
        return Settings(chosen, source, tiny_images.folder, fresh, token)

    return make


@pytest.fixture(scope="session")
def serving(settings: Callable[..., Settings]) -> Serving:
    """Run a service while a block runs: `with serving(queue_size=1) as client`."""

    @contextmanager
    def serve(keep_alive: int = 5, **options: Any) -> Iterator[httpx.Client]:
        app = partial(create_app, settings(**options))
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                factory=True,
                http=BoundedConnection,
                log_config=None,
                timeout_keep_alive=keep_alive,
            )
        )
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = Thread(target=server.run, args=([listener],))
            thread.start()
            deadline = monotonic() + 60
            while not server.started and thread.is_alive() and monotonic() < deadline:
                sleep(0.01)
            try:
                port = listener.getsockname()[1]
                with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                    yield client
            finally:
                server.should_exit = True
                thread.join()

    return serve


@pytest.fixture(scope="session")
def client(serving: Serving) -> Iterator[httpx.Client]:
    """A client of a service as it is by default."""
    with serving() as client:
        yield client


@pytest.fixture(scope="session")
def digit(tiny_source: Path) -> bytes:
    """An indexed image, a handwritten three."""
    return (tiny_source / "3/03.png").read_bytes()
