"""Uploaded images that are kept with their users' consent, and what is said to be right."""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from time import monotonic
from typing import Any

from lookalike.core.errors import LookalikeError, QueryError
from lookalike.core.extras import extra
from lookalike.serve.metrics import COLLECTED_IMAGES
from lookalike.serve.params import ServeParams
from lookalike.serve.problems import ProblemError

MINUTE = 60.0
MOST_WAITING = 64  # images in memory that are not written yet

logger = logging.getLogger("lookalike.serve")


class Collector:
    """Keeps images in the background: no search waits for the store, and none fails with it.

    Args:
        params: where to, how large an image may be, and how many a minute may bring.
        clock: the time in seconds.

    Raises:
        ConfigError: `serve.collect` is no folder and no address.
    """

    def __init__(self, params: ServeParams, clock: Callable[[], float] = monotonic) -> None:
        with extra("pull"):
            from lookalike.collect.collection import Collection

        assert params.collect is not None
        self._collection = Collection(params.collect)
        self._max_bytes = params.collect_max_bytes
        self._clock = clock
        self._times: deque[float] = deque(maxlen=params.collect_per_minute)
        self._waiting = 0
        # One thread: a correction is written after the image that it is of
        self._pool = ThreadPoolExecutor(1, "collect")

    def offer(self, images: Sequence[bytes], known: dict[str, Any]) -> list[dict[str, str]]:
        """Keep images soon; called by the event loop alone.

        Args:
            images: the files.
            known: what goes into the record of each.

        Returns:
            The id and the outcome of each: `accepted`, `too large` or `too many`.
        """
        return [self._offer(image, known) for image in images]

    async def correct(self, id: str, label: str, known: dict[str, Any]) -> None:
        """Note the label of an image.

        Raises:
            ProblemError: too many requests, or no such image.
            LookalikeError: it cannot be written.
        """
        if not self._admitted():
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too many images and corrections in a minute (serve.collect_per_minute)",
                {"Retry-After": "60"},
            )
        work = self._pool.submit(self._collection.correct, id, label, known)
        try:
            await asyncio.wrap_future(work)
        except QueryError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None

    def stop(self) -> None:
        """Write what waits, and end."""
        self._pool.shutdown()

    def _offer(self, image: bytes, known: dict[str, Any]) -> dict[str, str]:
        id = hashlib.sha256(image).hexdigest()
        if len(image) > self._max_bytes:
            outcome = "too large"
        elif self._waiting >= MOST_WAITING or not self._admitted():
            outcome = "too many"
        else:
            outcome = "accepted"
            self._waiting += 1
            work = self._pool.submit(self._keep, id, image, known)
            loop = asyncio.get_running_loop()
            work.add_done_callback(lambda _: loop.call_soon_threadsafe(self._written))
        if outcome != "accepted":
            COLLECTED_IMAGES.labels(outcome).inc()
        return {"id": id, "outcome": outcome}

    def _admitted(self) -> bool:
        """Whether the limit of this minute is not reached; if so, that counts."""
        now = self._clock()
        if len(self._times) == self._times.maxlen and now - self._times[0] < MINUTE:
            return False
        self._times.append(now)
        return True

    def _keep(self, id: str, image: bytes, known: dict[str, Any]) -> None:
        try:
            new = self._collection.keep(id, image, {"id": id, **known})
            COLLECTED_IMAGES.labels("stored" if new else "known").inc()
        except LookalikeError as error:
            COLLECTED_IMAGES.labels("failed").inc()
            logger.error("%s", error)

    def _written(self) -> None:
        self._waiting -= 1
