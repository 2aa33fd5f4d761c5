"""How far a training has come, and what its running epoch has given so far."""

from dataclasses import asdict, fields
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from lookalike.train.state.state_file import State

Count = Annotated[int, Field(ge=0)]


@dataclass(config=ConfigDict(strict=True, allow_inf_nan=False, extra="forbid"))
class Position:
    """Where in a training the next step is, with the sums over the epoch's steps so far.

    Attributes:
        epoch: the number of the running epoch, from 1.
        step: how many of its steps are done.
        images: how many images those were.
        loss: the sum of the losses of these images.
        right: how many of them were classified rightly.
        gradient_norm: the sum of the steps' gradient norms.
    """

    epoch: Annotated[int, Field(ge=1)] = 1
    step: Count = 0
    images: Count = 0
    loss: float = 0.0
    right: Count = 0
    gradient_norm: float = 0.0

    def add(self, images: int, loss: float, right: int, gradient_norm: float) -> None:
        """Count a step; `loss` is the mean over its images."""
        self.step += 1
        self.images += images
        self.loss += loss * images
        self.right += right
        self.gradient_norm += gradient_norm

    def metrics(self) -> dict[str, float]:
        """Means over the images, and over the steps, of the running epoch so far."""
        return {
            "train/loss": self.loss / self.images,
            "train/accuracy": self.right / self.images,
            "train/gradient_norm": self.gradient_norm / self.step,
        }

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self._take(Position(self.epoch + 1))

    def state_dict(self) -> State:
        return asdict(self)

    def load_state_dict(self, state: State) -> None:
        """Take over a position.

        Raises:
            ValueError, TypeError: it is none.
        """
        self._take(Position(**state))

    def _take(self, other: "Position") -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(other, field.name))
