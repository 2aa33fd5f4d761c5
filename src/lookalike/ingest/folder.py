"""A local folder as a source of images."""

import os
import stat
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.ingest.reading import DEFAULT, Allowance, read_stream
from lookalike.ingest.source import Candidate, UnreadableError
from lookalike.terminal.listing import counted, some_of
from lookalike.terminal.progress import say


class FolderSource:
    """Every file below a folder.

    Links to folders are followed once: a link back to a folder that is being walked is not. A
    folder that may not be listed is a candidate itself, so that its loss is recorded.
    """

    readers = 2
    has_folders = True

    def __init__(self, folder: str, root: Path = Path()) -> None:
        """Nothing is read yet.

        Args:
            folder: its path; so it stays in what is recorded.
            root: what a relative path is relative to.
        """
        self._folder = folder.rstrip("/") or folder
        self._root = root / folder

    def candidates(self) -> list[Candidate]:
        """Every file, sorted by path; see `Source`."""
        root = self._root
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "there is no such file or folder"
            raise LookalikeError(f"ingest.source: {self._folder}: {what}")
        paths = sorted(_walk(root))
        if not paths:
            raise LookalikeError(f"ingest.source: {self._folder}: holds no files")
        return [
            Candidate(path, None, f"{self._folder}/{path}", size_of(f"{root}/{path}"))
            for path in paths
        ]

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of one file; see `Source`."""
        allowance.check_size(candidate.bytes)
        file = f"{self._root}/{candidate.path}"
        try:
            mode = os.stat(file).st_mode  # noqa: PTH116 a Path costs more than the reading
            if stat.S_ISDIR(mode):
                os.listdir(file)  # noqa: PTH208 says why it could not be listed
            if not stat.S_ISREG(mode):  # reading a named pipe would wait forever
                raise UnreadableError("is not a regular file")
            with open(file, "rb") as opened:  # noqa: PTH123
                return read_stream(opened, allowance)
        except OSError as error:
            raise UnreadableError(f"cannot be read: {error.strerror}") from None
        except ValueError:  # from a table that names files
            raise UnreadableError("its name holds what no name can") from None


def _walk(root: Path) -> list[str]:
    paths: list[str] = []

    unlisted: list[str] = []

    def note(error: OSError) -> None:
        unlisted.append(Path(error.filename).relative_to(root).as_posix())

    above: dict[str, set[str]] = {str(root): {os.path.realpath(root)}}
    for folder, subfolders, files in os.walk(root, followlinks=True, onerror=note):
        chain = above.pop(str(Path(folder)))  # "./a" as "a": the form of the keys
        for name in list(subfolders):
            target = os.path.realpath(Path(folder, name))
            if target in chain:
                subfolders.remove(name)
            else:
                above[str(Path(folder, name))] = chain | {target}
        inside = Path(folder).relative_to(root).as_posix()
        paths += files if inside == "." else [f"{inside}/{name}" for name in files]
    if unlisted:
        folders = counted(len(unlisted), "folder")
        say(f"ingest: {folders} cannot be listed, so all in them is lost: {some_of(unlisted)}")
    return paths + unlisted


def size_of(file: str | Path) -> int:
    """The size of a file; 0 where it cannot be had."""
    try:
        return os.stat(file).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return 0
