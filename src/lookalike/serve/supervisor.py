"""Several server processes behind one socket; one that dies is replaced."""

import os
from signal import SIGHUP

from uvicorn.supervisors import Multiprocess


class Supervisor(Multiprocess):
    """Uvicorn's own, but SIGHUP reloads the bundle of every process instead of restarting it."""

    def handle_hup(self) -> None:
        """Pass the signal on."""
        for process in self.processes:
            if process.pid is not None:
                os.kill(process.pid, SIGHUP)
