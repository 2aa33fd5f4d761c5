"""An earlier split file, pinned by its hash: what the method `hashed` remembers."""

from pathlib import Path

from lookalike.core.csv_file import read_csv
from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.images.split_file import HEADER, SUBSETS
from lookalike.split.params import SplitParams


def read_previous(params: SplitParams, root: Path = Path()) -> dict[str, str]:
    """The subset of each image of `split.previous`, by id; nothing where none is named.

    Args:
        params: which file it is, and its hash.
        root: what a relative path is relative to.

    Raises:
        LookalikeError: there is no such file, it is not the one that is pinned, or not a split.
    """
    if params.previous is None:
        return {}
    path = root / params.previous
    if not path.is_file():
        raise LookalikeError(f"split.previous: {path}: there is no such file")
    found = sha256_of_file(path)
    if found != params.previous_sha256:
        raise LookalikeError(
            f"split.previous: {path} has the sha256 {found}, but split.previous_sha256 is "
            f"{params.previous_sha256 or 'null'}; pin this one, or get the right file"
        )
    try:
        subset_of = {row["id"]: row["split"] for row in read_csv(path)}
    except (KeyError, DataError):
        subset_of = {}
    if not subset_of or not set(subset_of.values()) <= set(SUBSETS):
        raise LookalikeError(
            f"split.previous: {path}: is not a split file, rows of {', '.join(HEADER)}"
        )
    return subset_of
