"""From values of bands to brightness: one stretch for all pictures of a data set."""

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict

METADATA_KEY = b"stretch"
# The darkest and the brightest hundredths of the values are cut off, as QGIS does.
LOW, HIGH = 2, 98


class Stretch(BaseModel):
    """What is black and what is white, by the number of the band.

    Attributes:
        ranges: the two values of a band, in the file's own units.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    ranges: dict[int, tuple[float, float]]

    def to_metadata(self) -> dict[bytes, bytes]:
        """The stretch as metadata of an Arrow schema."""
        return {METADATA_KEY: self.model_dump_json().encode()}

    @classmethod
    def from_metadata(cls, metadata: dict[bytes, bytes]) -> Self | None:
        """The stretch that an Arrow schema's metadata holds, if any."""
        content = metadata.get(METADATA_KEY)
        return None if content is None else cls.model_validate_json(content)


def stretched(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values as brightness, uint8: `low` and less is black, `high` and more is white."""
    width = high - low
    if width <= 0:
        return np.zeros(values.shape, np.uint8)
    brightness: np.ndarray = ((values - low) * (255 / width)).clip(0, 255).round().astype(np.uint8)
    return brightness
