"""Telegram's Bot API on loopback, as far as the bot uses it, with people who write to the bot.

What it refuses and what it answers is as https://core.telegram.org/bots/api says.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from time import monotonic, sleep
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

TOKEN = "123456789:AAF-0123456789_abcdefghijklmnopqrst"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Lookalike", "username": "lookalike_bot"}
MOST_CAPTION = 1024
MOST_TEXT = 4096


@dataclass
class Sent:
    """A call by which the bot sent something: its fields, and the pictures in it."""

    method: str
    fields: dict[str, Any]
    pictures: list[Image.Image]

    @property
    def text(self) -> str:
        """Of the message, or below the pictures."""
        if self.method == "sendMediaGroup":
            return str(self.fields["media"][0].get("caption", ""))
        return str(self.fields.get("text") or self.fields.get("caption") or "")

    @property
    def answers(self) -> int:
        """The message that it replies to."""
        return int(self.fields["reply_parameters"]["message_id"])


class RefusedError(Exception):
    """A call that the Bot API refuses."""


@dataclass
class BotApi:
    """The server behind the application, and what people and the bot have sent.

    Attributes:
        sent: what the bot has sent, actions such as "uploading a photo" left out.
        actions: how often it has shown an action.
        token: what the bot has to know.
        held: where there is one, downloads wait for it.
        downloads: how many the bot has begun.
        polls: how often it has asked for updates.
    """

    sent: list[Sent] = field(default_factory=list)
    actions: int = 0
    token: str = TOKEN
    held: asyncio.Event | None = None
    downloads: int = 0
    polls: int = 0
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _files: dict[str, bytes] = field(default_factory=dict)
    _failures: dict[str, deque[dict[str, Any] | None]] = field(default_factory=dict)
    _messages: int = 0

    def app(self) -> Starlette:
        """The application: calls and downloads."""
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
                Route("/file/bot{token}/{file}", self._download),
            ]
        )

    def fail(self, method: str, *answers: dict[str, Any] | None) -> None:
        """Answer the next calls of a method, or downloads, so; None: the connection breaks."""
        self._failures.setdefault(method, deque()).extend(answers)

    @property
    def unseen(self) -> int:
        """How many updates the bot has not said to have seen."""
        return len(self._updates)

    def write(self, text: str, **of: int | str) -> int:
        """A person writes; see `_receive`."""
        end = len(text.split()[0])
        command = [{"type": "bot_command", "offset": 0, "length": end}] if text[0] == "/" else []
        return self._receive({"text": text, "entities": command}, **of)

    def photograph(self, data: bytes, size: int | None = None, **of: int | str) -> int:
        """A person sends a photograph, of which Telegram makes several sizes."""
        sizes = [self._file(data[:10], 90), self._file(data, 800, size)]
        return self._receive({"photo": sizes}, **of)

    def document(self, data: bytes, size: int | None = None, **of: int | str) -> int:
        """A person sends a file, which Telegram leaves as it is."""
        return self._receive({"document": {**self._file(data, None, size)}}, **of)

    def wait(self, number: int) -> list[Sent]:
        """The first `number` things that the bot sends, as soon as they are there."""
        self.until(lambda: len(self.sent) >= number)
        return self.sent[:number]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        deadline = monotonic() + 60
        while not true() and monotonic() < deadline:
            sleep(0.005)
        assert true(), self.sent

    def _receive(
        self, content: dict[str, Any], chat: int = 7, user: int = 7, kind: str = "private"
    ) -> int:
        self._messages += 1
        person = {"id": user, "is_bot": False, "first_name": "Ada"}
        message = {"message_id": self._messages, "date": 1, "from": person, **content}
        message["chat"] = {"id": chat, "type": kind}
        self._updates.append({"update_id": self._messages, "message": message})
        return self._messages

    def _file(self, data: bytes, side: int | None, size: int | None = None) -> dict[str, Any]:
        name = f"file{len(self._files)}"
        self._files[name] = data
        about = {"file_id": name, "file_unique_id": name, "file_size": size or len(data)}
        return about if side is None else {**about, "width": side, "height": side}

    async def _call(self, request: Request) -> Response:
        if request.path_params["token"] != self.token:
            return refusal(401, "Unauthorized")
        method = request.path_params["method"]
        form = await request.form()
        fields = {name: value_of(value) for name, value in form.items()}
        if method == "getUpdates":
            self.polls += 1
        if waiting := self._failures.get(method):
            answer = waiting.popleft()
            return Broken() if answer is None else JSONResponse(answer, answer["error_code"])
        try:
            return JSONResponse({"ok": True, "result": await self._result(method, fields)})
        except RefusedError as error:
            return refusal(400, f"Bad Request: {error}")

    async def _result(self, method: str, fields: dict[str, Any]) -> Any:
        if method == "getMe":
            return BOT
        if method == "deleteWebhook":
            return True
        if method == "getUpdates":
            return await self._unseen(fields.get("offset", 0), fields.get("timeout", 0))
        if method == "getFile":
            return self._about(fields["file_id"])
        if method == "sendChatAction":
            self.actions += 1
            return True
        pictures = pictures_of(method, fields)
        self.sent.append(Sent(method, fields, pictures))
        message = {"message_id": 10_000, "date": 1, "chat": {"id": 7, "type": "private"}}
        return [message] * len(pictures) if method == "sendMediaGroup" else message

    async def _unseen(self, offset: int, timeout: int) -> list[dict[str, Any]]:
        """What has come since; what was seen is forgotten."""
        self._updates = [update for update in self._updates if update["update_id"] >= offset]
        deadline = monotonic() + timeout
        while not self._updates and monotonic() < deadline:
            await asyncio.sleep(0.01)
        return list(self._updates)

    def _about(self, name: str) -> dict[str, Any]:
        if len(self._files[name]) > 20_000_000:
            raise RefusedError("file is too big")
        return {"file_id": name, "file_unique_id": name, "file_path": name}

    async def _download(self, request: Request) -> Response:
        self.downloads += 1
        if request.path_params["token"] != self.token:
            return refusal(401, "Unauthorized")
        while self.held is not None and not self.held.is_set():
            await asyncio.sleep(0.01)
        if self._failures.get("download"):
            self._failures["download"].popleft()
            return Broken()
        return Response(self._files[request.path_params["file"]])


class Broken(Response):
    """An answer that ends before it is whole: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


def refusal(status: int, description: str, **parameters: int) -> JSONResponse:
    """The answer to a call that is refused."""
    body = {"ok": False, "error_code": status, "description": description}
    return JSONResponse({**body, "parameters": parameters} if parameters else body, status)


def flood(seconds: int) -> dict[str, Any]:
    """The answer to a call that comes too early."""
    return {
        "ok": False,
        "error_code": 429,
        "description": f"Too Many Requests: retry after {seconds}",
        "parameters": {"retry_after": seconds},
    }


def value_of(field: str | UploadFile) -> Any:
    """A field of a form: a file, JSON, or text."""
    if isinstance(field, UploadFile):
        return field.file.read()
    try:
        return json.loads(field)
    except ValueError:
        return field


def pictures_of(method: str, fields: dict[str, Any]) -> list[Image.Image]:
    """The pictures that a call sends; what Telegram does not take is refused."""
    if method == "sendMessage":
        if not 0 < len(str(fields["text"])) <= MOST_TEXT:
            raise RefusedError("message text is empty or too long")
        return []
    if method == "sendPhoto":
        return [picture_of(fields["photo"], fields.get("caption", ""))]
    if method != "sendMediaGroup":
        raise RefusedError(f"{method} is not known")
    if not 2 <= len(fields["media"]) <= 10:
        raise RefusedError("wrong number of items in the album")
    return [
        picture_of(fields[item["media"].removeprefix("attach://")], item.get("caption", ""))
        for item in fields["media"]
    ]


def picture_of(data: bytes, caption: str) -> Image.Image:
    """One photograph, decoded."""
    if len(caption.encode("utf-16-le")) > 2 * MOST_CAPTION:
        raise RefusedError("message caption is too long")
    picture = Image.open(BytesIO(data))
    picture.load()
    if sum(picture.size) > 10_000 or max(picture.size) > 20 * min(picture.size):
        raise RefusedError("PHOTO_INVALID_DIMENSIONS")
    return picture
