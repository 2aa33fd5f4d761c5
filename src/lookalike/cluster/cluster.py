"""One function, called in the processes of a Ray cluster: `machine.engine: ray` (docs/ray.md).

Ray finds the processors, starts the processes, moves what goes in and out, and calls again what was
lost with a process or a machine. What is called for is handed on in its order.
"""

import logging
import os
import signal
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.extras import extra

Task = TypeVar("Task")
Result = TypeVar("Result")

PACKAGE = Path(__file__).parents[1]
SECONDS_TO_ANSWER = 10.0
TASKS_A_SLOT = 3  # under way: so a process has its next task before it asks


class Needs(NamedTuple):
    """What a call takes of its machine: processors, and GPUs or a share of one."""

    processors: int = 1
    gpus: float = 0.0


class Answer(Generic[Result]):
    """What a call will have returned."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def result(self) -> Result:
        """Wait for it.

        Raises:
            LookalikeError: the call raised it, or the cluster has lost it too often.
        """
        import ray
        from ray.exceptions import RayError, RayTaskError

        try:
            found: Result = ray.get(self._reference)
        except RayTaskError as error:
            if isinstance(error.cause, LookalikeError):
                raise error.cause from None
            raise
        except RayError as error:
            reason = one_line(error)
            raise LookalikeError(f"the Ray cluster has lost what it was to do: {reason}") from None
        return found


class Cluster(Generic[Task, Result]):
    """Calls one function in as many processes as the cluster has room for.

    Args:
        prepare: called once in each process: what the function works with, such as a model, is made
            there and kept. It and all that it holds are sent to the cluster once.
        needs: of each call.
        environment: variables that the processes have from their start.

    Raises:
        LookalikeError: Ray is not installed, or the cluster cannot be reached.
    """

    def __init__(
        self,
        prepare: Callable[[], Callable[[Task], Result]],
        needs: Needs,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._ray = _connected(environment or {})
        self._needs = needs
        self._prepare = self._ray.put(prepare)
        # Processes with a GPU would end after each call, and prepare anew
        options = {"num_cpus": needs.processors, "num_gpus": needs.gpus, "max_calls": 0}
        self._call = self._ray.remote(**options)(_call)

    @property
    def slots(self) -> int:
        """How many calls run at once on the machines that the cluster has now; one, if it grows."""
        has = self._ray.cluster_resources()
        slots = has.get("CPU", 0) // self._needs.processors
        if self._needs.gpus:
            slots = min(slots, has.get("GPU", 0) // self._needs.gpus)
        return max(1, int(slots))

    def submit(self, task: Task) -> Answer[Result]:
        """Call the function with a task, as soon as there is room."""
        return Answer(self._call.remote([self._prepare], task))

    def in_order(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """The results of all tasks, in the order of the tasks, of which a few are under way."""
        waiting: deque[Answer[Result]] = deque()
        for task in tasks:
            while len(waiting) >= TASKS_A_SLOT * self.slots:
                yield waiting.popleft().result()
            waiting.append(self.submit(task))
        while waiting:
            yield waiting.popleft().result()


_prepared: dict[str, Callable[[Any], Any]] = {}


def _call(prepare: list[Any], task: Any) -> Any:
    """In a process of the cluster, which keeps what it has prepared for its next call.

    What prepares is in a list because Ray would fetch it for every call otherwise.
    """
    import ray

    [reference] = prepare
    if (name := reference.hex()) not in _prepared:
        _prepared.clear()
        _prepared[name] = ray.get(reference)()
    return _prepared[name](task)


def _connected(environment: Mapping[str, str]) -> ModuleType:
    """Ray, connected to the cluster that RAY_ADDRESS names, or to one of this machine alone.

    All processes run this working tree's library.
    """
    with extra("ray"):
        import ray
    if ray.is_initialized():
        return ray
    if address := os.environ.get("RAY_ADDRESS"):
        _check_reachable(address)
    on_termination = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            include_dashboard=False,
            logging_level=logging.ERROR,
            log_to_driver=False,
            runtime_env={"env_vars": dict(environment), "py_modules": [str(PACKAGE)]},
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = one_line(error)
        raise LookalikeError(f"machine.engine: ray: no cluster to work on: {reason}") from None
    finally:
        signal.signal(signal.SIGTERM, on_termination)  # Ray has one of its own
    return ray


def _check_reachable(address: str) -> None:
    """Raise LookalikeError where nothing answers: Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return  # auto, local
    try:
        socket.create_connection((host, int(port)), SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise LookalikeError(
            f"RAY_ADDRESS: no Ray cluster answers at {address} ({error.strerror or error})"
        ) from None
