"""Requests that come together are embedded together."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic, perf_counter
from typing import Generic, NamedTuple, TypeVar

from lookalike.serve.metrics import BATCH_SIZE, record_phase

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Computed(NamedTuple, Generic[Result]):
    result: Result
    started: float
    ended: float


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    future: Future[_Computed[Result]]


class Batcher(Generic[Item, Result]):
    """Runs items in batches, in a thread of its own.

    A batch waits a few milliseconds for more, but only while there are more to come: a client who
    is alone never waits.

    Args:
        run: one result for each item, in their order.
        size: items of a batch, at most.
        wait: seconds that a batch waits for more.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result]], size: int, wait: float
    ) -> None:
        self._run = run
        self._size = size
        self._wait = wait
        self._queue: SimpleQueue[_Waiting[Item, Result] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="model", daemon=True)
        self._thread.start()
        self.coming = 0  # items that are still being prepared; a caller counts them

    async def submit(self, item: Item) -> Result:
        """The result of an item, and its times among the phases of this request."""
        future: Future[_Computed[Result]] = Future()
        submitted = perf_counter()
        self._queue.put(_Waiting(item, future))
        computed = await asyncio.wrap_future(future)
        record_phase("queue", computed.started - submitted)
        record_phase("compute", computed.ended - computed.started)
        return computed.result

    def stop(self) -> None:
        """End the thread once everything before is done."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while True:
            batch, more = self._next_batch()
            # Nothing is computed for clients that have gone meanwhile
            wanted = [each for each in batch if each.future.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)
            if not more:
                return

    def _next_batch(self) -> tuple[list[_Waiting[Item, Result]], bool]:
        """The next items, and whether there may be any after them."""
        batch: list[_Waiting[Item, Result]] = []
        deadline = None
        while len(batch) < self._size:
            try:
                if deadline is None:
                    waiting = self._queue.get()
                    deadline = monotonic() + self._wait
                elif self.coming > 0 and (left := deadline - monotonic()) > 0:
                    waiting = self._queue.get(timeout=left)
                else:
                    waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return batch, False
            batch.append(waiting)
        return batch, True

    def _answer(self, batch: list[_Waiting[Item, Result]]) -> None:
        BATCH_SIZE.observe(len(batch))
        started = perf_counter()
        try:
            results = self._run([each.item for each in batch])
        except Exception as error:
            for each in batch:
                each.future.set_exception(error)
            return
        ended = perf_counter()
        for each, result in zip(batch, results, strict=True):
            each.future.set_result(_Computed(result, started, ended))
