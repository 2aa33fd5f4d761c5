"""The bot over the tiny model and index, and the Bot API that it talks to, both on loopback."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from tests.bot.bot_api import TOKEN, BotApi

from lookalike.bot.params import BotParams
from lookalike.bot.running import run_bot
from lookalike.images.store import ImageStore
from lookalike.serve.params import ServeParams
from lookalike.serve.service import Service
from lookalike.serve.settings import Settings
from lookalike.serve.source import Folders

Talking = Callable[..., AbstractContextManager[BotApi]]


@contextmanager
def bot_api() -> Iterator[tuple[BotApi, str]]:
    """A Bot API and its address."""
    api = BotApi()
    server = uvicorn.Server(uvicorn.Config(api.app(), log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        api.until(lambda: server.started)
        try:
            yield api, f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


@pytest.fixture(scope="session")
def digit(tiny_source: Path) -> bytes:
    """An indexed image, a handwritten three."""
    return (tiny_source / "3/03.png").read_bytes()


@pytest.fixture(scope="session")
def settings(
    tiny_model: Path,
    tiny_index: Path,
    tiny_images: ImageStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Settings:
    """What the bot answers from, with small limits."""
    limits = ServeParams(
        decoders=1, watch_seconds=None, max_upload_bytes=100_000, max_pixels=1_000_000
    )
    fresh = tmp_path_factory.mktemp("fresh") / "images.sqlite"
    return Settings(limits, Folders(tiny_model, tiny_index), tiny_images.folder, fresh)


@pytest.fixture(scope="session")
def service(settings: Settings) -> Iterator[Service]:
    """What the bot asks."""
    service = Service(settings)
    yield service
    service.stop()


@pytest.fixture(scope="session")
def talking(service: Service) -> Talking:
    """Run a bot while a block runs, and talk to it: `with talking(neighbors=3) as api`."""

    @contextmanager
    def run(over: Service = service, **params: Any) -> Iterator[BotApi]:
        with bot_api() as (api, address):
            chosen = BotParams(**{"base_url": address, "requests_per_minute": 1000, **params})
            loop = asyncio.new_event_loop()
            stop = asyncio.Event()
            running = run_bot(over, chosen, TOKEN, stop)
            thread = Thread(target=loop.run_until_complete, args=[running])
            thread.start()
            try:
                yield api
            finally:
                loop.call_soon_threadsafe(stop.set)
                thread.join()
                loop.close()

    return run


@pytest.fixture(scope="module")
def _bot(talking: Talking) -> Iterator[BotApi]:
    with talking() as api:
        yield api


@pytest.fixture
def api(_bot: BotApi) -> BotApi:
    """A running bot, as it is by default, that has not sent anything yet."""
    _bot.sent.clear()
    return _bot
