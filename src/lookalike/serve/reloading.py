"""A new bundle takes the place of the old one between two requests, or not at all."""

import asyncio
import logging

from lookalike.core.errors import LookalikeError
from lookalike.serve.bundle import Bundle
from lookalike.serve.folder_state import State
from lookalike.serve.metrics import RELOADS
from lookalike.serve.service import Service

logger = logging.getLogger("lookalike.serve")


class Reloader:
    """Opens what is in the folders now, and swaps it in where it can be used.

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
            logger.info("a new bundle is served: index %.12s", bundle.index_sha256)
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
        """Reload whenever the folders have changed and then stayed the same for a while."""
        tried: State = self._service.bundle.state
        before = tried
        while True:
            await asyncio.sleep(seconds)
            now = await asyncio.to_thread(self._state)
            if now == before and now not in (tried, self._service.bundle.state):
                tried = now
                await self.try_reload()
            before = now

    def _state(self) -> State:
        return Bundle.state_of(self._service.settings)
