"""The `serve` block of `params.yaml`; no stage reads it."""

from typing import Self

from pydantic import Field, model_validator

from lookalike.core.choices import MetadataSource
from lookalike.core.params import Block


class ServeParams(Block):
    """How the HTTP service listens, and how much it takes."""

    block = "serve"

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    host_names: list[str] = Field(default=[])
    workers: int = Field(default=1, ge=1)
    decoders: int = Field(default=2, ge=1)
    batch_size: int = Field(default=4, ge=1)
    batch_wait_ms: float = Field(default=3.0, ge=0)
    queue_size: int = Field(default=128, ge=1)
    timeout: float = Field(default=30.0, gt=0)
    max_upload_bytes: int = Field(default=32 * 2**20, ge=1)
    max_pixels: int = Field(default=50_000_000, ge=1)
    images_root: str | None = None
    url_hosts: list[str] = Field(default=[])
    add: bool = False
    collect: str | None = Field(default=None, min_length=1)
    collect_max_bytes: int = Field(default=8 * 2**20, ge=1)
    collect_per_minute: int = Field(default=60, ge=1)
    metadata: MetadataSource = "bundle"
    store: str | None = None
    watch_seconds: float | None = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _one_place_of_images(self) -> Self:
        if self.store is not None and (self.add or self.metadata != "bundle"):
            raise ValueError("store: takes the place of add and metadata, which should be left out")
        return self
