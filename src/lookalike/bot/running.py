"""The bot while it runs: from the first message to the last answer."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import AIORateLimiter, Application, ApplicationBuilder, Defaults
from telegram.request import HTTPXRequest

from lookalike.bot.conversation import Context, Conversation
from lookalike.bot.logs import log_error
from lookalike.bot.params import BotParams
from lookalike.bot.token import TOKEN, without_token
from lookalike.core.errors import ConfigError, LookalikeError
from lookalike.serve.reload_triggers import reload_triggers
from lookalike.serve.reloading import Reloader
from lookalike.serve.service import Service
from lookalike.terminal.progress import say

UNKNOWN_TOKEN = HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND  # as Telegram answers
AT_ONCE = 16  # messages that are being answered
RETRIES = 3  # of a call after which Telegram has said how long to wait


class Polling(HTTPXRequest):
    """Asks for messages; where the token has been revoked, nobody would write any more.

    Args:
        stop: what to set then.
    """

    def __init__(self, stop: asyncio.Event) -> None:
        super().__init__()
        self._stop = stop
        self.revoked = False

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, answer = await super().do_request(*args, **kwargs)
        if status in UNKNOWN_TOKEN:
            self.revoked = True
            self._stop.set()
        return status, answer


async def run_bot(service: Service, params: BotParams, token: str, stop: asyncio.Event) -> None:
    """Answer messages until `stop` is set; those that have come are answered first.

    Args:
        service: what searches.
        params: whom to answer, how much, and where Telegram's Bot API is.
        token: of the bot.
        stop: when to end.

    Raises:
        LookalikeError: the Bot API does not answer, or does not know the token.
    """
    polling = Polling(stop)
    application = _application(params, token, polling)
    application.add_handlers(Conversation(service, params).handlers())
    application.add_error_handler(_log)
    updater = application.updater
    assert updater is not None
    unknown = ConfigError(f"{params.base_url} does not know the bot of {TOKEN}")
    try:
        await application.initialize()
        await updater.start_polling(allowed_updates=[Update.MESSAGE], error_callback=log_error)
    except InvalidToken:
        await application.shutdown()
        raise unknown from None
    except TelegramError as error:
        await application.shutdown()
        reason = without_token(str(error), token)
        raise LookalikeError(f"{params.base_url} does not answer ({reason})") from None
    try:
        await application.start()
        say(f"answering as @{application.bot.username}; Ctrl-C ends it")
        async with reload_triggers(Reloader(service), service.settings.params.watch_seconds):
            await stop.wait()
    finally:
        with suppress(InvalidToken):
            await updater.stop()
        await application.stop()
        await application.shutdown()
    if polling.revoked:
        raise unknown


def _application(
    params: BotParams, token: str, polling: Polling
) -> Application[Any, Any, Any, Any, Any, Any]:
    return (
        ApplicationBuilder()
        .token(token)
        .get_updates_request(polling)
        .base_url(f"{params.base_url}/bot")
        .base_file_url(f"{params.base_url}/file/bot")
        # Answers may come in another order than questions, so each shows what it answers
        .defaults(Defaults(do_quote=True, allow_sending_without_reply=True))
        .rate_limiter(AIORateLimiter(max_retries=RETRIES))
        .concurrent_updates(AT_ONCE)
        .build()
    )


async def _log(_: object, context: Context) -> None:
    if context.error is not None:
        log_error(context.error)
