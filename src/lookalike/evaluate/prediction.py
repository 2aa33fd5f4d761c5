"""What a model says of a test image."""

from typing import NamedTuple


class Prediction(NamedTuple):
    """A test image and the likeliest class.

    Attributes:
        row: of the image store.
        path: in the source.
        label: what the image is.
        predicted: what the model says; None without a classifier.
        probability: how sure it is, at its temperature.
    """

    row: int
    path: str
    label: str
    predicted: str | None
    probability: float | None

    @property
    def wrong(self) -> bool:
        """The model says something else than the label."""
        return self.predicted not in {None, self.label}
