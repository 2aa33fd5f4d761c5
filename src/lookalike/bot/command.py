"""Start the bot, and end it when the process is told to."""

import asyncio
import os
from logging.config import dictConfig
from signal import SIGINT, SIGTERM

from lookalike.bot.logs import logging_configuration
from lookalike.bot.params import BotParams
from lookalike.bot.running import run_bot
from lookalike.bot.token import take_token
from lookalike.core.errors import ConfigError
from lookalike.core.layout import Layout
from lookalike.core.params import read_params, with_given
from lookalike.serve.params import ServeParams
from lookalike.serve.service import Service
from lookalike.serve.settings import Settings
from lookalike.serve.source import Folders

ALLOWED_CHATS = "LOOKALIKE_BOT_CHATS"


def run_project(project: Layout, base_url: str | None = None) -> None:
    """Answer messages from what the pipeline of a project has written.

    Args:
        project: the project.
        base_url: of a Bot API server; None: `bot.base_url`.

    Raises:
        LookalikeError: there is no token, nothing to search, or no Bot API.
    """
    token = take_token(project.root / ".env")
    given = {"base_url": base_url, "allowed_chats": _allowed_chats()}
    params = with_given(read_params(BotParams, path=project.params), given, project.params)
    limits = read_params(ServeParams, path=project.params)
    dictConfig(logging_configuration(token))
    source = Folders(project.model, project.index)
    service = Service(Settings(limits, source, project.images, project.fresh))
    try:
        asyncio.run(_run_until_told(service, params, token))
    finally:
        service.stop()


async def _run_until_told(service: Service, params: BotParams, token: str) -> None:
    stop = asyncio.Event()
    for signal in (SIGINT, SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal, stop.set)
    await run_bot(service, params, token, stop)


def _allowed_chats() -> list[int] | None:
    """The chats that the environment names, in the place of `bot.allowed_chats`."""
    text = os.environ.get(ALLOWED_CHATS, "")
    try:
        return [int(chat) for chat in text.split(",")] if text.strip() else None
    except ValueError:
        raise ConfigError(
            f"{ALLOWED_CHATS} = {text!r}: should be the ids of chats, as in 12345,-67890"
        ) from None
