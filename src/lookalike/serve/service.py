"""The service behind the routes: the current bundle, and how a search goes through its phases."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from time import perf_counter
from typing import NamedTuple, TypeVar

import numpy as np

from lookalike.index.index import Hits
from lookalike.search.encoding import EncodedQuery, PreparedQuery
from lookalike.search.queries import Query
from lookalike.search.results import SearchResult
from lookalike.search.searcher import Searcher
from lookalike.serve.admission import Admission
from lookalike.serve.batching import Batcher
from lookalike.serve.bundle import Bundle
from lookalike.serve.collector import Collector
from lookalike.serve.decoders import Decoders
from lookalike.serve.metrics import INDEXED_IMAGES, Phase, record_phase
from lookalike.serve.problems import ProblemError
from lookalike.serve.schemas import SearchOptions
from lookalike.serve.settings import Settings

Result = TypeVar("Result")


class _Job(NamedTuple):
    searcher: Searcher
    query: PreparedQuery


class Service:
    """Answers searches from the current bundle.

    Raises:
        LookalikeError: there is no bundle to start with.
    """

    def __init__(self, settings: Settings) -> None:
        params = settings.params
        self.settings = settings
        self.admission = Admission(params.queue_size)
        self._collector = None if params.collect is None else Collector(params)
        self._decoders = Decoders(params.decoders, params.max_pixels, params.timeout)
        self.serve_from(self.open_bundle())
        self._preparing = ThreadPoolExecutor(params.decoders, "prepare")
        self._batcher = Batcher(self._encode, params.batch_size, params.batch_wait_ms / 1000)

    def open_bundle(self) -> Bundle:
        """Open the model and index that are to be served now; searches go on while they come.

        Raises:
            LookalikeError: they cannot be had or used.
        """
        return Bundle(self.settings, self.settings.source.locate(), self._decoders.decode)

    def serve_from(self, bundle: Bundle) -> None:
        """Answer what comes from now on from this bundle."""
        self.bundle = bundle
        INDEXED_IMAGES.set(len(bundle.of_index.gallery))

    async def search(self, query: Query, options: SearchOptions) -> SearchResult:
        """Answer a query.

        Raises:
            QueryError: the query is no image or id of this index, or an option is wrong.
        """
        searcher = await asyncio.to_thread(lambda: self.bundle.searcher)
        encoded = await self.encode(searcher, query)
        return await self._timed(
            "index",
            lambda: searcher.answer(
                encoded,
                options.k,
                options.where,
                options.min_similarity,
                options.exclude_query,
            ),
        )

    async def encode(self, searcher: Searcher, query: Query) -> EncodedQuery:
        """Decode and embed a query.

        Raises:
            QueryError: the query is no image or id of this index.
        """
        self._batcher.coming += 1
        try:
            prepared = await self._timed("decode", lambda: searcher.prepare(query), self._preparing)
        finally:
            self._batcher.coming -= 1
        return await self.embed(searcher, prepared)

    async def embed(self, searcher: Searcher, prepared: PreparedQuery) -> EncodedQuery:
        """Embed a prepared query, together with those that come at the same time."""
        if not prepared.images:
            return searcher.encode([prepared])[0]
        return await self._batcher.submit(_Job(searcher, prepared))

    async def neighbors(self, searcher: Searcher, vectors: np.ndarray, k: int) -> Hits:
        """The nearest indexed images of several vectors `[n, d]`."""
        return await self._timed("index", lambda: searcher.gallery.search_many(vectors, k))

    @property
    def collects(self) -> bool:
        """Whether images are kept where their users consent."""
        return self._collector is not None

    def collecting(self) -> Collector:
        """What keeps the images of users who consent.

        Raises:
            ProblemError: this service keeps none.
        """
        if self._collector is None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN, "this service keeps no images: serve.collect is not set"
            )
        return self._collector

    def stop(self) -> None:
        """End threads and processes; nobody asks any more."""
        if self._collector is not None:
            self._collector.stop()
        self._batcher.stop()
        self._preparing.shutdown()
        self._decoders.stop()

    async def _timed(
        self, phase: Phase, work: Callable[[], Result], pool: ThreadPoolExecutor | None = None
    ) -> Result:
        """Do work in a thread; what it waits for one counts as queue."""

        def timed() -> tuple[float, Result]:
            begun = perf_counter()
            return begun, work()

        submitted = perf_counter()
        begun, result = await asyncio.get_running_loop().run_in_executor(pool, timed)
        record_phase("queue", begun - submitted)
        record_phase(phase, perf_counter() - begun)
        return result

    def _encode(self, jobs: Sequence[_Job]) -> list[EncodedQuery]:
        """Embed what was asked for; while a bundle is swapped, some may be of the one before."""
        encoded: dict[int, EncodedQuery] = {}
        for searcher in {id(job.searcher): job.searcher for job in jobs}.values():
            places = [place for place, job in enumerate(jobs) if job.searcher is searcher]
            answers = searcher.encode([jobs[place].query for place in places])
            encoded.update(zip(places, answers, strict=True))
        return [encoded[place] for place in range(len(jobs))]
