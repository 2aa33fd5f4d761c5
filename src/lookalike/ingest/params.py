"""The `ingest` block of `params.yaml`."""

from typing import Literal

from pydantic import Field

from lookalike.core.params import Block
from lookalike.images.decode import DEFAULT_MAX_PIXELS


class IngestParams(Block):
    """Where images come from, how their folders name them, and what is refused."""

    block = "ingest"

    source: str = Field(default="data/samples", min_length=1)
    labels: Literal["folder", "top_folder", "none"] = "folder"
    max_pixels: int = Field(default=DEFAULT_MAX_PIXELS, ge=1)
    max_seconds: float = Field(default=60.0, gt=0)
    max_rejected_fraction: float = Field(default=0.1, ge=0, le=1)
