"""A local folder as a source of images."""

import os
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.ingest.source import (
    Candidate,
    LabelRule,
    UnreadableError,
    demand_size,
    label_of,
)


class FolderSource:
    """Every file below a folder.

    Links to folders are followed once: a link back to a folder that is being walked is not. A
    folder that may not be listed is a candidate itself, so that its loss is recorded.
    """

    readers = 2

    def __init__(self, folder: str, labels: LabelRule) -> None:
        self._folder = folder
        self._labels = labels

    def candidates(self) -> list[Candidate]:
        """Every file, sorted by path; see `Source`."""
        root = Path(self._folder)
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "there is no such file or folder"
            raise LookalikeError(f"ingest.source: {self._folder}: {what}")
        paths = sorted(_walk(root))
        if not paths:
            raise LookalikeError(f"ingest.source: {self._folder}: holds no files")
        return [
            Candidate(
                path, label_of(path, self._labels), f"{self._folder}/{path}", _size(root, path)
            )
            for path in paths
        ]

    def read(self, candidate: Candidate) -> bytes:
        """The bytes of one file; see `Source`."""
        demand_size(candidate.bytes)
        file = Path(self._folder, candidate.path)
        try:
            if file.is_dir():
                next(file.iterdir(), None)  # says why it could not be listed
            if file.exists() and not file.is_file():  # reading a named pipe would wait for ever
                raise UnreadableError("is not a regular file")
            return file.read_bytes()
        except OSError as error:
            raise UnreadableError(f"cannot be read: {error.strerror}") from None


def _walk(root: Path) -> list[str]:
    paths: list[str] = []

    def unlisted(error: OSError) -> None:
        paths.append(Path(error.filename).relative_to(root).as_posix())

    above: dict[str, set[str]] = {str(root): {os.path.realpath(root)}}
    for folder, subfolders, files in os.walk(root, followlinks=True, onerror=unlisted):
        chain = above.pop(str(Path(folder)))  # "./a" as "a": the form of the keys
        for name in list(subfolders):
            target = os.path.realpath(Path(folder, name))
            if target in chain:
                subfolders.remove(name)
            else:
                above[str(Path(folder, name))] = chain | {target}
        paths += [Path(folder, name).relative_to(root).as_posix() for name in files]
    return paths


def _size(root: Path, path: str) -> int:
    try:
        return Path(root, path).stat().st_size
    except OSError:
        return 0
