"""`index.json`: what a bundle was made from, and how it is searched."""

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lookalike.core.errors import LookalikeError
from lookalike.index.file_fingerprint import REMEDY, FileFingerprint
from lookalike.index.params import EngineName, IndexParams, Metric

DESCRIPTION = "index.json"


class IndexDescription(BaseModel):
    """The content of `index.json`; null is what the engine does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[2] = 2
    engine: EngineName
    metric: Metric
    trees: int | None
    search_k: int | None
    seed: int
    faiss_factory: str | None
    faiss_search: str | None
    images: int
    dimension: int
    model_sha256: str
    vectors_sha256: str
    files: dict[str, FileFingerprint]
    versions: dict[str, str]

    @property
    def params(self) -> IndexParams:
        """How to search, as the engine takes it."""
        known = self.model_dump(include=set(IndexParams.model_fields), exclude_none=True)
        return IndexParams.model_validate(known)


def read_description(folder: Path) -> IndexDescription:
    """Read the description of a bundle.

    Raises:
        LookalikeError: it is missing, broken, or of another version of the format.
    """
    path = folder / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return IndexDescription.model_validate(content)
    except (FileNotFoundError, NotADirectoryError):
        raise LookalikeError(f"{path}: missing; run the index stage first, or dvc pull") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        reason = f"{where}: {error.errors()[0]['msg']}" if where else "is no description"
        raise LookalikeError(f"{path}: {reason}; {REMEDY}") from None
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(f"{path}: is not whole ({reason}); {REMEDY}") from None
