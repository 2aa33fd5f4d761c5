"""The `ingest` block of `params.yaml`."""

from typing import Literal

from pydantic import Field

from lookalike.core.params import Block
from lookalike.images.decode import DEFAULT_MAX_PIXELS


class IngestParams(Block):
    """Where images come from and how their folders name them."""

    block = "ingest"

    source: str = Field(default="data/samples", min_length=1)
    labels: Literal["folder", "top_folder", "none"] = "folder"
    max_pixels: int = Field(default=DEFAULT_MAX_PIXELS, ge=1)
