"""Images that lie beside the service, in the one folder whose files may be asked for."""

from pathlib import Path

from lookalike.core.errors import QueryError
from lookalike.images.bounded import read_regular
from lookalike.images.decode import UndecodableImageError


def read_inside(root: Path | None, path: str, max_bytes: int) -> bytes:
    """The content of an image file below a folder.

    What is outside, behind a link out of it, or not there at all is the same to a client, who
    learns nothing of the other files of this machine.

    Args:
        root: the folder; None: no file may be asked for.
        path: relative to it.
        max_bytes: refuse a larger file.

    Raises:
        QueryError: it may not be read, or cannot.
    """
    if root is None:
        raise QueryError("path: this service reads no files (serve.images_root is not set)")
    absent = QueryError(f"path {path!r:.200}: there is no such file in serve.images_root")
    try:
        file = (root / path).resolve(strict=True)
        if not file.is_relative_to(root.resolve(strict=True)):
            raise absent
        return read_regular(file, max_bytes)
    except UndecodableImageError as error:
        raise QueryError(f"path {path!r:.200}: cannot be searched for: {error}") from None
    except (OSError, ValueError, RuntimeError):  # a null character, a circle of links
        raise absent from None
