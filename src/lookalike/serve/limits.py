"""How much a request may send, and how long it may take."""

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookalike.serve.problems import ProblemError, problem_answer


class Limits:
    """Answers 413 to a body that is too large, 408 to one that takes too long to come.

    What takes too long here is answered 503. A body is counted while it comes; whatever its length
    is said to be, no more is kept.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        announced = headers.get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            await problem_answer(self._too_large(), scope["path"])(scope, receive, send)
            return
        received = 0
        complete = announced == "0" and "transfer-encoding" not in headers
        answering = False

        async def receive_bounded() -> Message:
            nonlocal received, complete
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    raise self._too_large()
                complete = not message.get("more_body", False)
            return message

        async def send_noted(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, receive_bounded, send_noted)
        except TimeoutError:
            if answering:
                raise
            await problem_answer(self._too_slow(complete), scope["path"])(scope, receive, send)

    def _too_large(self) -> ProblemError:
        return ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the body has more than {self._max_bytes} bytes (serve.max_upload_bytes)",
        )

    def _too_slow(self, complete: bool) -> ProblemError:
        if complete:
            return ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"no answer within {self._seconds:g} seconds (serve.timeout); try again later",
                {"Retry-After": "1"},
            )
        return ProblemError(
            HTTPStatus.REQUEST_TIMEOUT,
            f"the body did not come within {self._seconds:g} seconds (serve.timeout)",
            {"Connection": "close"},
        )
