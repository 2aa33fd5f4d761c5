"""Which bands of a multispectral image are read: those for the network, those for people."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

METADATA_KEY = b"bands"


class Bands(BaseModel):
    """A choice of bands, numbered from 1 as GDAL numbers them.

    Attributes:
        chosen: what the network sees, in this order; `all`: every band of the file.
        rgb: what people see, one band (gray) or three; None: the first three of the chosen ones, or
            the first where there are fewer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chosen: Literal["all"] | tuple[int, ...]
    rgb: tuple[int, ...] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        chosen = () if self.chosen == "all" else self.chosen
        if min((*chosen, *(self.rgb or ())), default=1) < 1:
            raise ValueError("bands are numbered from 1")
        if len(set(chosen)) < len(chosen):
            raise ValueError("bands should name each band once")
        if not self.chosen:
            raise ValueError("bands should name a band at least, or be null for 8-bit RGB")
        if self.rgb is not None and len(self.rgb) not in {1, 3}:
            raise ValueError("rgb should be three bands (red, green, blue) or one")
        return self

    def for_network(self, count: int) -> list[int]:
        """The chosen bands of a file that has `count` bands."""
        return list(range(1, count + 1)) if self.chosen == "all" else list(self.chosen)

    def for_people(self, count: int) -> list[int]:
        """The bands that make a picture: three, or one."""
        if self.rgb is not None:
            return list(self.rgb)
        chosen = self.for_network(count)
        return chosen[:3] if len(chosen) >= 3 else chosen[:1]

    def of_network_for_people(self, count: int) -> list[int]:
        """As `for_people`, from what the network takes: its first, where it lacks one of them."""
        shown = self.for_people(count)
        if set(shown) <= set(self.for_network(count)):
            return shown
        return Bands(chosen=self.chosen).for_people(count)

    def in_pictures(self, count: int) -> list[int]:
        """Every band that a picture may be made of, sorted."""
        return sorted({*self.for_people(count), *self.of_network_for_people(count)})

    def to_metadata(self) -> dict[bytes, bytes]:
        """The choice as metadata of an Arrow schema."""
        return {METADATA_KEY: self.model_dump_json().encode()}

    @classmethod
    def from_metadata(cls, metadata: dict[bytes, bytes] | None) -> Self | None:
        """The choice that an Arrow schema's metadata holds; None: the images are 8-bit RGB."""
        if metadata is None or METADATA_KEY not in metadata:
            return None
        return cls.model_validate_json(metadata[METADATA_KEY])
