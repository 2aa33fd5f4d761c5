"""Uploaded images that are kept with their users' consent, and what users say of answers."""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

from lookalike.collect.hard_negatives import HardNegative
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
        self._room = BoundedSemaphore(MOST_WAITING)
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
        await self._note(partial(self._collection.correct, id, label, known))

    async def add_hard_negative(
        self, pair: HardNegative, known: dict[str, Any], indexed: bool
    ) -> None:
        """Note that a hit is not like the query; see `Collection.add_hard_negative`.

        Raises:
            ProblemError: too many requests, or no such image.
            LookalikeError: it cannot be written.
        """
        await self._note(partial(self._collection.add_hard_negative, pair, known, indexed))

    def stop(self) -> None:
        """Write what waits, and end."""
        self._pool.shutdown()

    async def _note(self, write: Callable[[], None]) -> None:
        if not self._admitted():
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too many images and corrections in a minute (serve.collect_per_minute)",
                {"Retry-After": "60"},
            )
        try:
            await asyncio.wrap_future(self._pool.submit(write))
        except QueryError as error:
            raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None

    def _offer(self, image: bytes, known: dict[str, Any]) -> dict[str, str]:
        id = hashlib.sha256(image).hexdigest()
        if len(image) > self._max_bytes:
            outcome = "too large"
        elif not self._admitted() or not self._room.acquire(blocking=False):
            outcome = "too many"
        else:
            outcome = "accepted"
            work = self._pool.submit(self._keep, id, image, known)
            work.add_done_callback(lambda _: self._room.release())
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
