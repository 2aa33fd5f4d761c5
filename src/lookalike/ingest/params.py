"""The `ingest` block of `params.yaml`."""

from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from lookalike.core.group import Group
from lookalike.core.params import Block
from lookalike.images.bands import Bands
from lookalike.images.bounded import DEFAULT_MAX_BYTES
from lookalike.images.decode import DEFAULT_MAX_PIXELS
from lookalike.images.exif import ExifFact
from lookalike.images.shards import AVERAGE_BYTES
from lookalike.ingest.folder_labels import LabelRule

# What makes a folder a STAC catalog.
CATALOGUE_FILES = ("catalog.json", "collection.json")


class StacParams(Group):
    """Which items of a STAC source, which asset of each, and which of their properties count."""

    asset: str | None = Field(default=None, min_length=1)
    assets: list[str] = Field(default_factory=list)
    label: str | None = Field(default=None, min_length=1)
    split: str | None = Field(default="ml-aoi:split", min_length=1)
    where: str | None = Field(default=None, min_length=1)
    hosts: list[str] = Field(default_factory=list)
    folders: list[str] = Field(default_factory=list)


class LabelFile(Group):
    """A table of labels: where it is and what its columns are called; None for the usual names."""

    path: str = Field(default="auto", min_length=1)
    sha256: str | None = None
    path_column: str | None = Field(default=None, min_length=1)
    label_column: str | None = Field(default=None, min_length=1)
    split_column: str | None = Field(default=None, min_length=1)


class IngestParams(Block):
    """Where images come from, how their folders name them, and what is refused."""

    block = "ingest"

    source: str = Field(default="data/samples", min_length=1)
    labels: LabelRule = "folder"
    split_folders: Literal["auto", "none"] = "auto"
    label_file: LabelFile = LabelFile()
    corrections: str = Field(default="data/corrections.csv", min_length=1)
    stac: StacParams = StacParams()
    exif: list[ExifFact] = Field(default_factory=list)
    video_fps: float | None = Field(default=None, gt=0, le=60)
    video_max_frames: int = Field(default=3600, ge=1)
    bands: Literal["all"] | list[int] | None = None
    rgb: list[int] | None = None
    max_bytes: int = Field(default=DEFAULT_MAX_BYTES, ge=1, le=2**30)  # a column of Arrow: 2 GiB
    max_pixels: int = Field(default=DEFAULT_MAX_PIXELS, ge=1)
    max_seconds: float = Field(default=60.0, gt=0)
    shard_bytes: int = Field(default=AVERAGE_BYTES, ge=2**16, le=2**28)
    max_rejected_fraction: float = Field(default=0.1, ge=0, le=1)

    @property
    def reading(self) -> Bands | None:
        """How images are read: None for 8-bit RGB, else which bands."""
        if self.bands is None:
            return None
        return Bands.model_validate({"chosen": self.bands, "rgb": self.rgb})

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.stac.assets and self.stac.asset is not None:
            raise ValueError("stac.asset is one image, stac.assets are its bands: set one of them")
        if self.rgb is not None and self.bands is None:
            raise ValueError("rgb has no meaning without bands")
        try:
            self.reading  # noqa: B018
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        return self
