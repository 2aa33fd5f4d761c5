"""What every kind of source offers: a list of candidates, and the bytes of each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lookalike.core.errors import shortened

if TYPE_CHECKING:
    from lookalike.ingest.reading import Allowance


class Candidate(NamedTuple):
    """A file that may be an image.

    Attributes:
        path: its name in the source, `/` between folders; rows are sorted by it.
        label: its class, or None: not every source says, and `make_manifest` completes it.
        uri: where it is, spelt so that it can be found again.
        bytes: its size; 0 where the source does not know before it reads.
        source_split: the subset that the source itself gives it, or None.
        columns: what else the source says of it, by the name of a column.
    """

    path: str
    label: str | None
    uri: str
    bytes: int = 0
    source_split: str | None = None
    columns: Mapping[str, Any] = MappingProxyType({})


class UnreadableError(Exception):
    """Why one candidate's bytes cannot be had; its text is a short reason without the path."""

    def __init__(self, reason: str) -> None:
        super().__init__(shortened(reason))


class Source(Protocol):
    """Where images come from.

    Attributes:
        readers: how many threads may read at once, and with profit.
        has_folders: whether its paths are those of files in folders, whose names say what they are;
            the others say themselves which label and split their images have.
    """

    readers: int
    has_folders: bool

    def candidates(self) -> list[Candidate]:
        """Every file of the source, sorted by path.

        Raises:
            LookalikeError: the source is not there, cannot be listed, or is empty.
        """

    def read(self, candidate: Candidate, allowance: "Allowance" = ...) -> bytes:
        """The bytes of one candidate; called from several threads.

        Args:
            candidate: one of `candidates`.
            allowance: how much of it may be read.

        Raises:
            UnreadableError: this one cannot be read, is too large, or does not begin as an image
                does; the others may.
            LookalikeError: the source as a whole is out of reach.
        """
