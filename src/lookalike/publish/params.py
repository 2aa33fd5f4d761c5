"""The `publish` block of `params.yaml`; no stage reads it."""

from pydantic import Field

from lookalike.core.params import Block


class PublishParams(Block):
    """What stays in the database."""

    block = "publish"

    keep_versions: int = Field(default=2, ge=0)
