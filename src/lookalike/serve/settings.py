"""What a server process is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from lookalike.serve.params import ServeParams
from lookalike.serve.source import Source


@dataclass(frozen=True)
class Settings:
    """Parameters, and where the bundle is.

    Attributes:
        params: the block of `params.yaml`.
        source: where model and index come from.
        images: the folder of the image store; it may be missing.
        fresh: the file of images that were added and removed; it may be missing.
        token: what clients have to show; None: nothing.
    """

    params: ServeParams
    source: Source
    images: Path
    fresh: Path
    token: str | None = field(default=None, repr=False)
