"""The files of a bundle, known by size and content, so that none can stand in for another."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from lookalike.core.errors import DataError
from lookalike.core.hashing import sampled_sha256, sha256_of_file

REMEDY = "run dvc pull, or the index stage again"


class FileFingerprint(BaseModel):
    """What a bundle's description says of a file.

    `sampled_sha256` tells it from any other in milliseconds; `sha256` is over every byte.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int
    sampled_sha256: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileFingerprint":
        """The fingerprint of a file."""
        return cls(
            bytes=path.stat().st_size,
            sampled_sha256=sampled_sha256(path),
            sha256=sha256_of_file(path),
        )

    def check(self, path: Path, description: str, whole: bool) -> None:
        """Check that a file is the described one, by size and sample or by every byte.

        Args:
            path: the file.
            description: the name of the file that describes it.
            whole: read every byte.

        Raises:
            LookalikeError: it is missing or another; the line names both sides.
        """
        try:
            size = path.stat().st_size
        except OSError:
            raise DataError(
                f"{path}: missing, but {description} names it ({self.bytes} bytes); {REMEDY}"
            ) from None
        if size != self.bytes:
            raise DataError(
                f"{path}: has {size} bytes, but {description} says {self.bytes}; {REMEDY}"
            )
        hashed, expected = (
            (sha256_of_file(path), self.sha256)
            if whole
            else (sampled_sha256(path), self.sampled_sha256)
        )
        if hashed != expected:
            raise DataError(
                f"{path}: has the fingerprint {hashed[:12]}, but {description} says "
                f"{expected[:12]}; {REMEDY}"
            )
