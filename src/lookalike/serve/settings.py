"""What a server process is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from lookalike.core.layout import EXPORT
from lookalike.serve.params import ServeParams


@dataclass(frozen=True)
class Settings:
    """Parameters, and where the bundle is.

    Attributes:
        params: the block of `params.yaml`.
        model: the folder of the model.
        index: the folder of the index.
        images: the folder of the image store; it may be missing.
        fresh: the file of images that were added and removed; it may be missing.
        token: what clients have to show; None: nothing.
    """

    params: ServeParams
    model: Path
    index: Path
    images: Path
    fresh: Path
    token: str | None = field(default=None, repr=False)

    @property
    def export(self) -> Path:
        """The folder of the exported model, beside the model; either of them may be missing."""
        return self.model.with_name(EXPORT)
