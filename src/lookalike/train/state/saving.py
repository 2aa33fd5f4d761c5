"""A run that is saved every so often, and where it is asked to stop."""

from typing import NoReturn

import torch
from lightning_fabric import Fabric

from lookalike.core.errors import LookalikeError
from lookalike.terminal.progress import say
from lookalike.train.shares import summed
from lookalike.train.state.checkpoint import CheckpointFile
from lookalike.train.state.interruption import Interruption
from lookalike.train.state.run_state import RunState
from lookalike.train.timings import Timings


class Saving:
    """Saves the parts of a run to its checkpoint and takes them from there.

    Args:
        fabric: says which processes there are; the first one reads and writes.
        run: everything that changes while a model trains.
        file: the checkpoint; None: nothing is saved.
        interruption: whether the run is to stop.
        timings: told how long saving took.
    """

    def __init__(
        self,
        fabric: Fabric,
        run: RunState,
        file: CheckpointFile | None,
        interruption: Interruption,
        timings: Timings,
    ) -> None:
        self._fabric = fabric
        self._run = run
        self._file = file
        self._interruption = interruption
        self._timings = timings
        self._steps = 0

    def resume(self) -> bool:
        """Take over the state of the run's checkpoint, where it has one.

        Raises:
            LookalikeError: the checkpoint is damaged.
        """
        state = (
            self._file.read() if self._file is not None and self._fabric.is_global_zero else None
        )
        state = self._fabric.broadcast(state)
        if state is None:
            return False
        try:
            self._run.load_state_dict(state)
        except ValueError as error:
            where = "" if self._file is None else f"{self._file.path}: "
            raise LookalikeError(
                f"{where}is not a checkpoint of this training ({error}); remove it, and run again"
            ) from None
        return True

    def save(self) -> None:
        """Save the run as it is.

        Raises:
            LookalikeError: the checkpoint cannot be written.
        """
        if self._file is not None and self._fabric.is_global_zero:
            with self._timings.measured("checkpoints"):
                self._file.write(self._run.state_dict())

    def after_step(self) -> None:
        """Save where it is time to, and stop where that is asked for.

        Raises:
            KeyboardInterrupt: the run was asked to stop, and is saved.
        """
        self._steps += 1
        if self._is_to_stop():
            self._stop()
        if self._file is not None and self._steps % self._file.every == 0:
            self._try_to_save()

    def between_batches(self) -> None:
        """Stop, where that is asked for, between batches that nothing is learned from.

        Several processes would have to agree on the batch; they stop after the next step.
        """
        if self._fabric.world_size == 1 and self._interruption.requested:
            self._stop()

    def _is_to_stop(self) -> bool:
        """Whether any of the processes was asked to stop: they all stop at the same step."""
        requested = self._interruption.requested
        if self._fabric.world_size > 1:
            flag = torch.tensor(float(requested), device=self._fabric.device)
            requested = bool(summed(self._fabric, flag))
        return requested

    def _stop(self) -> NoReturn:
        if self._file is None:
            raise KeyboardInterrupt
        try:
            self.save()
        except LookalikeError as error:
            raise KeyboardInterrupt(f"{error}; the next run goes on from an earlier one") from None
        position = self._run.position
        raise KeyboardInterrupt(
            f"saved in epoch {position.epoch} after step {position.step}; run it again to go on "
            "from there"
        )

    def _try_to_save(self) -> None:
        """A full disk is no reason to lose the run: the older checkpoint is still there."""
        try:
            self.save()
        except LookalikeError as error:
            say(f"{error}; training goes on, and an interruption loses more")
