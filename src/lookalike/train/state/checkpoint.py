"""Checkpoints: a run saved every so often, in the cache folder, so that it can go on where it was.

While a model trains, its newest checkpoint is one file, named by the fingerprint of everything that
decides the result: parameters, data, code (see `fingerprint`). So a run goes on only from a
checkpoint of its own. When training has ended, its last state becomes part of the stage's output.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from safetensors import SafetensorError
from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_folder
from lookalike.core.hashing import sha256_of_file
from lookalike.model.artifact import write_weights
from lookalike.terminal.cache_lock import CacheLock, evict, files_by_age
from lookalike.terminal.progress import say
from lookalike.train.state.state_file import State, read_state, write_state

SUFFIX = ".safetensors"
BEST = f"best{SUFFIX}"
LAST = f"last{SUFFIX}"

# Of runs that were given up: a queue of experiments may hold some that still go on.
KEPT = 8


class CheckpointFile:
    """The newest checkpoint of one run.

    Use as a context manager while the run goes on: then no other process removes the file, and an
    equal run, which several experiments at once may hold, waits for this one to go on from its end.

    Args:
        folder: where those of all runs are.
        fingerprint: of this run.
        every: how many steps are lost at most.
    """

    def __init__(self, folder: Path, fingerprint: str, every: int = 100) -> None:
        self.path = folder / f"{fingerprint}{SUFFIX}"
        self.every = every
        self._parent = os.getppid()
        self._locks = ExitStack()

    def __enter__(self) -> Self:
        turn = self.path.with_suffix(".turn")
        with ExitStack() as locks:
            locks.enter_context(CacheLock(self.path, shared=True))
            try:
                locks.enter_context(CacheLock(turn, wait=False))
            except BlockingIOError:
                say("an equal training is running: this one waits, and goes on from its end")
                locks.enter_context(CacheLock(turn))
            self._locks = locks.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._locks.close()

    def read(self) -> State | None:
        """The state that was saved last; None where there is none that can be used."""
        if not self.path.is_file():
            return None
        try:
            return read_state(self.path)
        except (OSError, SafetensorError, ValueError) as error:
            say(f"{self.path}: is not a whole checkpoint ({error}); training starts anew")
            return None

    def write(self, state: State) -> None:
        """Replace the checkpoint by a newer one; the old one stays until the new one is whole.

        Of other runs, the oldest that are not running are removed.

        Raises:
            LookalikeError: it cannot be written, as on a full disk; the line says why.
        """
        try:
            write_state(self.path, state)
        except (OSError, SafetensorError) as error:
            raise LookalikeError(f"{self.path}: cannot be written ({error})") from None
        for path in files_by_age(self.path.parent, f"*{SUFFIX}")[:-KEPT]:
            if path != self.path:
                evict(path)

    def remove_if_recorded(self) -> None:
        """Remove the checkpoint of a run that has ended, unless DVC was killed meanwhile.

        Then nobody records the outputs, and the next `dvc repro` runs the stage again. An equal run
        that waits for the file keeps it, too.
        """
        self._locks.close()
        if os.getppid() == self._parent:
            evict(self.path)


def write_output(folder: Path, weights: dict[str, Tensor], last: State | None) -> None:
    """Write the checkpoints of a training that has ended, whole or not at all.

    Args:
        folder: to be written.
        weights: the model's, those of the best epoch.
        last: the state of the run; None where nothing was trained.
    """
    with atomic_folder(folder, BEST, LAST) as partial:
        write_weights(partial / BEST, weights)
        if last is not None:
            write_state(partial / LAST, last)


def read_checkpoint(path: Path, sha256: str | None) -> State:
    """Read the checkpoint that `train.resume_from` names.

    Raises:
        LookalikeError: there is none, it has another hash, or it is broken.
    """
    if not path.is_file():
        raise LookalikeError(f"train.resume_from: {path}: there is no such file")
    found = sha256_of_file(path)
    if sha256 is None:
        say(f"train.resume_from: {path} has no pinned hash; add  resume_from_sha256: {found}")
    elif found != sha256:
        raise LookalikeError(
            f"train.resume_from: {path} has the sha256 {found}, but train.resume_from_sha256 is "
            f"{sha256}; get the right file or pin this one"
        )
    try:
        return read_state(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise LookalikeError(f"train.resume_from: {path}: is no checkpoint ({error})") from None
