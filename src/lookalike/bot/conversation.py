"""What the bot does with what people send: photographs, images as files, commands."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from telegram import InputMediaPhoto, Message, Update
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CallbackContext, CommandHandler, MessageHandler, filters

from lookalike.bot import sentences
from lookalike.bot.feedback import Command, Feedback, number_in
from lookalike.bot.logs import log_error
from lookalike.bot.params import MOST_NEIGHBORS, BotParams
from lookalike.bot.pictures import photograph
from lookalike.bot.rate_limit import RateLimit
from lookalike.core.errors import QueryError
from lookalike.search.results import SearchResult
from lookalike.serve.bundle import Bundle
from lookalike.serve.problems import ProblemError
from lookalike.serve.schemas import SearchOptions
from lookalike.serve.service import Service

NEW = filters.UpdateType.MESSAGE  # neither edited messages nor what channels post
NOTICES_PER_MINUTE = 1  # to a chat that is not answered: whoever floods it gets no flood back

Context = CallbackContext[Any, Any, Any, Any]
Answer = Callable[[Message], Awaitable[None]]


class Conversation:
    """Answers messages of all chats, several at once.

    Args:
        service: what searches.
        params: whom to answer, and how much.
    """

    def __init__(self, service: Service, params: BotParams) -> None:
        self._service = service
        self._params = params
        self._requests = RateLimit(params.requests_per_minute)
        self._notices = RateLimit(NOTICES_PER_MINUTE)
        self._neighbors: dict[int, int] = {}  # of the users who have chosen a number
        self._feedback = Feedback(service, params)

    def handlers(self) -> list[BaseHandler[Any, Any, Any]]:
        """What an application calls for new messages; the first that fits is called."""
        return [
            CommandHandler(["start", "help"], self._guarded(self._help), NEW),
            CommandHandler("k", self._guarded(self._choose), NEW),
            *(
                CommandHandler(name, self._guarded(_replying(command)), NEW)
                for name, command in self._feedback.commands.items()
            ),
            MessageHandler(
                NEW & (filters.PHOTO | filters.Document.ALL), self._guarded(self._search)
            ),
            # In groups, people talk to each other
            MessageHandler(NEW & filters.ChatType.PRIVATE, self._guarded(self._explain)),
        ]

    def _guarded(self, answer: Answer) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
        """Answer whom it may be answered; what goes wrong is said in one sentence."""

        async def handle(update: Update, _: Context) -> None:
            message = update.message
            if message is None or not await self._admit(message):
                return
            try:
                await answer(message)
            except Exception as error:
                if not isinstance(error, QueryError | ProblemError):
                    log_error(error)
                await message.reply_text(sentences.apology(error))

        return handle

    async def _admit(self, message: Message) -> bool:
        """Whether to answer; a chat that is not answered is told so, once a minute."""
        chat = message.chat_id
        allowed = self._params.allowed_chats
        if allowed is not None and chat not in allowed:
            notice = sentences.not_allowed(chat)
        elif (seconds := self._requests.wait(chat)) > 0:
            notice = sentences.slow_down(seconds)
        else:
            return True
        if not self._notices.wait(chat):
            await message.reply_text(notice)
        return False

    async def _help(self, message: Message) -> None:
        keep = f"\n\n{sentences.KEEP_HELP}" if self._feedback.commands else ""
        await message.reply_text(sentences.HELP + keep)

    async def _explain(self, message: Message) -> None:
        await message.reply_text(sentences.NOT_UNDERSTOOD)

    async def _choose(self, message: Message) -> None:
        """`/k 3`: how many images this user is shown."""
        words = _words(message)
        number = number_in(words)
        if not 1 <= number <= MOST_NEIGHBORS:
            await message.reply_text(sentences.WRONG_NUMBER)
            return
        self._neighbors[_user(message)] = number
        await message.reply_text(sentences.neighbors_set(number))

    async def _search(self, message: Message) -> None:
        attachment = message.photo[-1] if message.photo else message.document
        assert attachment is not None
        limits = self._service.settings.params
        if (attachment.file_size or 0) > limits.max_upload_bytes:
            await message.reply_text(sentences.TOO_LARGE)
            return
        with suppress(TelegramError):  # the answer matters, and this is but a sign of life
            await message.reply_chat_action(ChatAction.UPLOAD_PHOTO)
        file = await attachment.get_file()
        image = bytes(await file.download_as_bytearray())
        options = SearchOptions(k=self._neighbors.get(_user(message), self._params.neighbors))
        bundle = self._service.bundle  # the one that answers: it may be swapped meanwhile
        async with asyncio.timeout(limits.timeout):
            result = await self._service.search(image, options)
            photographs = await asyncio.to_thread(_photographs, result, bundle)
        kept = self._feedback.take(_user(message), image, result, bundle)
        await _show(message, photographs, sentences.caption(result, kept))


def _replying(command: Command) -> Answer:
    async def reply(message: Message) -> None:
        await message.reply_text(await command(_user(message), _words(message)))

    return reply


def _user(message: Message) -> int:
    """Who writes; who writes in the name of a chat is that chat."""
    return message.chat_id if message.from_user is None else message.from_user.id


def _words(message: Message) -> str:
    """What follows a command, with one space between words."""
    return " ".join((message.text or "").split()[1:])


def _photographs(result: SearchResult, bundle: Bundle) -> list[bytes]:
    return [photograph(hit, result, bundle) for hit in result.hits]


async def _show(message: Message, photographs: list[bytes], caption: str) -> None:
    """Reply with an album, which Telegram takes of two pictures on, or with the only picture."""
    if len(photographs) == 1:
        await message.reply_photo(photographs[0], caption=caption)
    else:
        album = [InputMediaPhoto(photograph) for photograph in photographs]
        await message.reply_media_group(album, caption=caption)
