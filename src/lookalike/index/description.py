"""`index.json`: what a bundle was made from, and how it is searched."""

import hashlib
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lookalike.core.errors import DataError, NotReadyError, one_line
from lookalike.core.json_file import parse_json
from lookalike.index.engines.registry import AnyEngine
from lookalike.index.file_fingerprint import REMEDY, FileFingerprint
from lookalike.inference.numerics import Numerics

DESCRIPTION = "index.json"
WHITENING = "whitening.safetensors"
FORMAT: Final = 4


class IndexDescription(BaseModel):
    """The content of `index.json`.

    Attributes:
        engine: its parameters, all of them chosen.
        whitened_from: the size of the embeddings that were whitened; null: they were not.
        model_sha256: the fingerprint of the model that gave the vectors; null: not known.
        numerics: what computed the vectors.
        files: the fingerprint of every other file of the bundle.
        versions: of the packages that the engine's file is from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[4] = FORMAT
    engine: AnyEngine
    images: int = Field(ge=1)
    dimension: int = Field(ge=1)
    whitened_from: int | None = Field(default=None, ge=1)
    model_sha256: str | None
    numerics: Numerics
    vectors_sha256: str
    files: dict[str, FileFingerprint]
    versions: dict[str, str]

    @property
    def embedding_dimension(self) -> int:
        """The size of what the model gives, which may be whitened to become a vector."""
        return self.whitened_from or self.dimension

    @property
    def space(self) -> str | None:
        """Names what makes vectors comparable: model and whitening; None: not known."""
        if self.model_sha256 is None or self.whitened_from is None:
            return self.model_sha256
        both = f"{self.model_sha256} {self.files[WHITENING].sha256}"
        return hashlib.sha256(both.encode()).hexdigest()


def read_description(folder: Path) -> IndexDescription:
    """Read the description of a bundle.

    Raises:
        LookalikeError: it is missing, broken, or of another version of the format.
    """
    path = folder / DESCRIPTION
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        _check_format(content, path)
        return IndexDescription.model_validate(content)
    except (FileNotFoundError, NotADirectoryError):
        raise NotReadyError(f"{path}: missing; run the index stage first, or dvc pull") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        reason = f"{where}: {error.errors()[0]['msg']}" if where else "is no description"
        raise DataError(f"{path}: {reason}; {REMEDY}") from None
    except (ValueError, OSError) as error:
        reason = one_line(error)
        raise DataError(f"{path}: is not whole ({reason}); {REMEDY}") from None


def _check_format(content: Any, path: Path) -> None:
    written = content.get("format") if isinstance(content, dict) else None
    if isinstance(written, int) and written != FORMAT:
        raise DataError(
            f"{path}: has format {written}, but this version reads format {FORMAT}; run the index "
            "stage again"
        )
