"""The `ingest` block of `params.yaml`."""

from typing import Literal

from pydantic import Field

from lookalike.core.params import Block, Group
from lookalike.images.decode import DEFAULT_MAX_PIXELS

# What makes a folder a STAC catalogue.
CATALOGUE_FILES = ("catalog.json", "collection.json")


class StacParams(Group):
    """Which items of a STAC source, which asset of each, and which of their properties count."""

    asset: str | None = Field(default=None, min_length=1)
    label: str | None = Field(default=None, min_length=1)
    split: str | None = Field(default="ml-aoi:split", min_length=1)
    where: str | None = Field(default=None, min_length=1)


class IngestParams(Block):
    """Where images come from, how their folders name them, and what is refused."""

    block = "ingest"

    source: str = Field(default="data/samples", min_length=1)
    labels: Literal["folder", "top_folder", "none"] = "folder"
    stac: StacParams = StacParams()
    max_pixels: int = Field(default=DEFAULT_MAX_PIXELS, ge=1)
    max_seconds: float = Field(default=60.0, gt=0)
    max_rejected_fraction: float = Field(default=0.1, ge=0, le=1)
