"""What makes a server process reload, beside `POST /reload`: a signal, and changed folders."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGHUP

from lookalike.serve.reloading import Reloader


@asynccontextmanager
async def reload_triggers(reloader: Reloader, watch_seconds: float | None) -> AsyncIterator[None]:
    """Reload on SIGHUP, and whenever the folders change, while this block runs.

    Args:
        reloader: what reloads.
        watch_seconds: how often to look at the folders; None: never.
    """
    async with asyncio.TaskGroup() as tasks:
        started = []
        if watch_seconds is not None:
            started.append(tasks.create_task(reloader.watch(watch_seconds)))
        if threading.current_thread() is threading.main_thread():  # no other is sent signals
            asyncio.get_running_loop().add_signal_handler(
                SIGHUP, lambda: tasks.create_task(reloader.try_reload())
            )
        yield
        for task in started:
            task.cancel()
