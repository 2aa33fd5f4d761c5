"""Read a file that may be anything: bounded in bytes, and refused by how it begins."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from lookalike.images.bounded import DEFAULT_MAX_BYTES, check_size
from lookalike.images.decode import UndecodableImageError
from lookalike.images.signature import SIGNATURE_BYTES, check_signature
from lookalike.ingest.source import UnreadableError

# So much of a file is read before its first bytes are looked at: one request, for most images.
START_BYTES = 2**20
PIECE_BYTES = 2**20


class Stream(Protocol):
    """What bytes are read from, a piece at a time."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def _no_charge(_size: int) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Allowance:
    """How much may be read of one file.

    Attributes:
        max_bytes: a larger file is refused.
        charge: told, before they are read, how many bytes of the file are held then; it may wait.
        images_only: a file that does not begin as an image does is refused.
    """

    max_bytes: int = DEFAULT_MAX_BYTES
    charge: Callable[[int], None] = _no_charge
    images_only: bool = True

    def check_size(self, size: int) -> None:
        """Raise UnreadableError for a file of so many bytes, where that is too many."""
        try:
            check_size(size, self.max_bytes)
        except UndecodableImageError as error:
            raise UnreadableError(str(error)) from None

    def check_start(self, start: bytes) -> None:
        """Raise UnreadableError for a file that begins like this, where it can be no image."""
        try:
            if self.images_only:
                check_signature(start[:SIGNATURE_BYTES])
        except UndecodableImageError as error:
            raise UnreadableError(str(error)) from None


DEFAULT = Allowance()


def read_stream(file: Stream, allowance: Allowance) -> bytes:
    """All the bytes of a file; those of a small one whatever it begins with.

    Raises:
        UnreadableError: there are more than are allowed, or it does not begin as an image does.
    """
    held = BytesIO()
    checked = False
    while True:
        allowance.charge(held.tell() + PIECE_BYTES)
        piece = file.read(PIECE_BYTES)
        if not piece:
            allowance.charge(held.tell())
            return held.getvalue()
        held.write(piece)
        if held.tell() > allowance.max_bytes:
            raise UnreadableError(f"more than the {allowance.max_bytes} bytes that are allowed")
        if held.tell() > START_BYTES and not checked:
            allowance.check_start(held.getbuffer()[:SIGNATURE_BYTES].tobytes())
            checked = True
