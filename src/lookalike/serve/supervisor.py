"""Several server processes behind one socket; one that dies is replaced."""

import logging
import os
import sys
from signal import SIGHUP

from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from lookalike.core.errors import LookalikeError
from lookalike.serve.app import create_app
from lookalike.serve.settings import Settings

logger = logging.getLogger("lookalike.serve")


class Supervisor(Multiprocess):
    """Uvicorn's own, but SIGHUP reloads the bundle of every process instead of restarting it."""

    def handle_hup(self) -> None:
        """Pass the signal on."""
        for process in self.processes:
            if process.pid is not None:
                os.kill(process.pid, SIGHUP)

    def run(self) -> None:
        """Serve until the process is told to end.

        Raises:
            LookalikeError: a server process cannot start, so that another one could not either.
        """
        super().run()
        if any(process.exitcode == STARTUP_FAILURE for process in self.processes):
            raise LookalikeError("a server process cannot start; the log above says why")


def create_worker_app(settings: Settings) -> FastAPI:
    """As `create_app`; a process that has nothing to serve ends the supervisor."""
    try:
        return create_app(settings)
    except LookalikeError as error:
        logger.error("%s", error)
        sys.exit(STARTUP_FAILURE)
