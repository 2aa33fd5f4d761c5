"""A new bundle takes the place of the old one between two requests, or not at all."""

import asyncio
import logging

from lookalike.core.errors import LookalikeError
from lookalike.serve.bundle import Bundle
from lookalike.serve.metrics import RELOADS
from lookalike.serve.service import Service

logger = logging.getLogger("lookalike.serve")


class Reloader:
    """Opens what is to be served now, and swaps it in where it can be used.

    Requests that have begun keep the bundle that they began with.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> Bundle:
        """Swap in the new bundle.

        Raises:
            LookalikeError: it cannot be used; the old one serves on.
        """
        async with self._one_at_a_time:
            try:
                bundle = await asyncio.to_thread(self._service.open_bundle)
            except LookalikeError as error:
                RELOADS.labels("refused").inc()
                logger.error("the new bundle is refused, the old one serves on: %s", error)
                raise
            self._service.serve_from(bundle)
            RELOADS.labels("swapped").inc()
            revision = bundle.location.revision
            of_revision = "" if revision is None else f" of {revision}"
            logger.info("a new bundle is served: index %.12s%s", bundle.index_sha256, of_revision)
            return bundle

    async def try_reload(self) -> None:
        """As `reload`; what is wrong with the new bundle is in the log alone."""
        try:
            await self.reload()
        except LookalikeError:
            return
        except Exception:
            logger.exception("the new bundle could not be opened, the old one serves on")

    async def watch(self, seconds: float) -> None:
        """Reload whenever the source has changed and then stayed the same for a while."""
        tried = before = self._service.bundle.location.state
        while True:
            await asyncio.sleep(seconds)
            now = await asyncio.to_thread(self._service.settings.source.state)
            if now == before and now not in (tried, self._service.bundle.location.state):
                tried = now
                await self.try_reload()
            before = now
