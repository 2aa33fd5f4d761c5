"""Processes that share out work, on one host or on several that share no files.

Each does its part, and the first one is given all of it: what is read from the cache and what is
written is its affair alone. Parts go through the processors' memory (gloo), also where they were
computed on GPUs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

import torch.distributed as dist

from lookalike.core.errors import LookalikeError, one_line

Value = TypeVar("Value")
Part = TypeVar("Part")


class Failure(NamedTuple):
    """What a process has to give instead of its part."""

    reason: str


class Processes:
    """All processes of a stage, as one of them sees them; alone, unless told otherwise.

    Where one fails or ends, the first says so in one line and ends, and with it all others.

    Args:
        rank: which one this is, from 0.
        count: how many there are; they are connected already (see `launch`).
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank = rank
        self.count = count
        self._group = dist.new_group(backend="gloo") if count > 1 else None

    def broadcast(self, value: Value | None) -> Value:
        """What the first process has.

        Raises:
            LookalikeError: another process has ended.
        """
        values = [value]
        if self._group is not None:
            with self._connected():
                dist.broadcast_object_list(values, src=0, group=self._group)
        (found,) = values
        assert found is not None
        return found

    def gather(self, work: Callable[[], Part]) -> list[Part]:
        """Do this process's part of some work.

        Returns:
            The parts of all processes in their order, in the first process; nothing in others.

        Raises:
            LookalikeError: another process has failed or ended.
        """
        if self._group is None:
            return [work()]
        try:
            part = work()
        except Exception as error:
            if self.rank > 0:
                self._report(error)
            raise
        parts = self._gathered(part)
        for rank, found in enumerate(parts):
            if isinstance(found, Failure):
                raise LookalikeError(f"process {rank} of {self.count}: {found.reason}")
        return [found for found in parts if not isinstance(found, Failure)]

    def _gathered(self, part: Part | Failure) -> list[Part | Failure]:
        parts: list[Part | Failure] = [part] * self.count if self.rank == 0 else []
        with self._connected():
            dist.gather_object(part, parts or None, group=self._group)
        return parts

    def _report(self, error: Exception) -> None:
        """Give an error to the first process, and wait for it to end.

        Launchers end all processes as soon as one has: the first is to have said why.
        """
        reason = one_line(error, None)
        named = reason if isinstance(error, LookalikeError) else f"{type(error).__name__}: {reason}"
        with suppress(LookalikeError):
            while True:
                self._gathered(Failure(named))

    @contextmanager
    def _connected(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError:
            raise LookalikeError(
                f"one of the {self.count} processes has ended, or cannot be reached; if it did not "
                "say why, on its host, it may have been killed for lack of memory"
            ) from None


ALONE = Processes()
