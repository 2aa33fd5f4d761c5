"""A zip or tar archive as a source of images, read in place: nothing is ever unpacked."""

import errno
import tarfile
from functools import cached_property
from pathlib import Path
from typing import IO

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.regular_file import open_regular
from lookalike.core.secrets import without_secrets
from lookalike.ingest.local_copy import local_copy, unnamed_copy
from lookalike.ingest.members import Member, files_of, say_replaced
from lookalike.ingest.reading import DEFAULT, Allowance, Stream, read_stream
from lookalike.ingest.remote import is_remote
from lookalike.ingest.source import Candidate, UnreadableError
from lookalike.ingest.tar_archive import tar_members
from lookalike.ingest.unpacking import STREAMS, Unpacked, UnpackingLimit
from lookalike.ingest.zip_archive import DAMAGED, zip_members
from lookalike.ingest.zip_directory import is_zip
from lookalike.terminal.progress import say

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
BROKEN = (*DAMAGED, RecursionError, tarfile.TarError)
# What archives that are not read begin with.
OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"LZIP": "lzip",
}
TAR_MARK = slice(257, 262)


class ArchiveSource:
    """Every file in an archive, on this machine or another.

    A remote archive is copied, and a compressed tar expanded as one stream, into a file without a
    name: it is gone when the stage ends, however that ends. Of members with the same name the last
    counts, as in unpacking; links to others in the archive are followed.
    """

    readers = 1  # an archive is one file with one position
    has_folders = True

    def __init__(self, uri: str, root: Path = Path()) -> None:
        """Nothing is read yet.

        Args:
            uri: where the archive is.
            root: what a relative path is relative to.
        """
        self._uri = uri
        self._name = without_secrets(uri)
        self._root = root
        self._unpacking = UnpackingLimit(self._name, 0)

    def candidates(self) -> list[Candidate]:
        """Every file, sorted by path; see `Source`."""
        if not self._members:
            raise LookalikeError(f"ingest.source: {self._name}: holds no files")
        return [
            Candidate(path, None, f"{self._name}/{path}", member.size)
            for path, member in sorted(self._members.items())
        ]

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of one member; see `Source`."""
        member = self._members[candidate.path]
        if member.problem is not None or member.open is None:
            raise UnreadableError(member.problem or "is not a regular file")
        allowance.check_size(member.size)
        try:
            data = read_stream(_Counted(member.open(), self._unpacking), allowance)
        except BROKEN as error:
            raise UnreadableError(f"broken in the archive: {one_line(error, None)}") from None
        if len(data) < member.size:
            raise UnreadableError("broken in the archive: cut off")
        return data

    @cached_property
    def _members(self) -> dict[str, Member]:
        try:
            path = self._root / self._uri
            file = local_copy(self._uri) if is_remote(self._uri) else open_regular(path)
            members = self._listed(file)
            say_replaced(members, self._name)
            return files_of(members, self._name)
        except FileNotFoundError:
            raise LookalikeError(f"ingest.source: {self._name}: there is no such file") from None
        except BROKEN as error:
            if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EFBIG}:
                raise
            raise LookalikeError(
                f"ingest.source: {self._name}: is not a whole zip or tar archive "
                f"({one_line(error, None)})"
            ) from None

    def _listed(self, file: IO[bytes]) -> list[tuple[str, Member]]:
        start = file.read(tarfile.BLOCKSIZE)
        self._unpacking = UnpackingLimit(self._name, file.seek(0, 2))
        file.seek(0)
        for mark, form in OTHERS.items():
            if start.startswith(mark):
                raise LookalikeError(
                    f"ingest.source: {self._name}: is a {form} archive, which is not read; unpack "
                    "it and name the folder, or pack it as zip or tar"
                )
        for mark, decompressor in STREAMS.items():
            if start.startswith(mark):
                unpacked = _Counted(Unpacked(file, decompressor, several=True), self._unpacking)
                whole = unnamed_copy(unpacked, f"ingest.source: {self._name}")
                members = tar_members(whole, file.tell())
                self._unpacking = UnpackingLimit(self._name, file.tell())
                return members
        if start[TAR_MARK] == b"ustar" or not (start.startswith(b"PK") or is_zip(file)):
            size = file.seek(0, 2)
            file.seek(0)
            return tar_members(file, size)
        members, guessed = zip_members(file)
        if guessed:
            say(
                f"ingest.source: {self._name}: the names of {len(guessed)} files are not UTF-8 and "
                f"are read as cp437, such as {guessed[0]!r}"
            )
        return members


class _Counted:
    """A stream whose bytes count against what its archive may unpack to."""

    def __init__(self, stream: Stream, limit: UnpackingLimit) -> None:
        self._stream, self._limit = stream, limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._limit.add(len(data))
        return data
