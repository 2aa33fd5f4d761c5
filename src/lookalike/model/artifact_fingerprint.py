"""The files of a model artifact and one hash over them, without the seconds that torch takes."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_files

WEIGHTS = "weights.safetensors"
DESCRIPTION = "model.json"


def fingerprint(folder: Path) -> str:
    """The sha256 over an artifact's weights and description: two models differ if it does.

    Raises:
        LookalikeError: a file of the artifact is missing.
    """
    try:
        return sha256_of_files([folder / WEIGHTS, folder / DESCRIPTION])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LookalikeError(f"{error.filename}: missing; train first, or dvc pull") from None
