"""How far a training has come, and what its running epoch has given so far."""

from dataclasses import asdict, dataclass, fields

from lookalike.train.state.state_file import State


@dataclass
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

    epoch: int = 1
    step: int = 0
    images: int = 0
    loss: float = 0.0
    right: int = 0
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
        self.load_state_dict({"epoch": self.epoch + 1})

    def state_dict(self) -> State:
        return asdict(self)

    def load_state_dict(self, state: State) -> None:
        for field in fields(self):
            setattr(self, field.name, state.get(field.name, field.default))
