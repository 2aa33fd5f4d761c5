"""A zip or tar archive as a source of images, read in place: nothing is ever unpacked."""

import bz2
import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.ingest.remote import is_remote, local_copy, unnamed_file
from lookalike.ingest.source import (
    Candidate,
    LabelRule,
    UnreadableError,
    demand_size,
    label_of,
)

COMPRESSED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


class Member(NamedTuple):
    """A file in an archive: its size, how to read it, and why that is refused, if it is."""

    size: int
    read: Callable[[], bytes]
    problem: str | None


class ArchiveSource:
    """Every file in an archive, on this machine or another.

    A remote archive is copied, and a compressed tar expanded as one stream, into a file without a
    name: it is gone when the stage ends, however that ends. Of members with the same name the last
    counts, as in unpacking.
    """

    readers = 1  # an archive is one file with one position

    def __init__(self, uri: str, labels: LabelRule) -> None:
        self._uri = uri
        self._labels = labels

    def candidates(self) -> list[Candidate]:
        """Every file, sorted by path; see `Source`."""
        if not self._members:
            raise LookalikeError(f"ingest.source: {self._uri}: holds no files")
        return [
            Candidate(path, label_of(path, self._labels), f"{self._uri}/{path}", member.size)
            for path, member in sorted(self._members.items())
        ]

    def read(self, candidate: Candidate) -> bytes:
        """The bytes of one member; see `Source`."""
        member = self._members[candidate.path]
        if member.problem is not None:
            raise UnreadableError(member.problem)
        demand_size(member.size)
        try:
            data = member.read()
        except (*BROKEN, NotImplementedError) as error:
            raise UnreadableError(f"broken in the archive: {_one_line(error)}") from None
        if len(data) < member.size:
            raise UnreadableError("broken in the archive: cut off")
        return data

    @cached_property
    def _members(self) -> dict[str, Member]:
        try:
            file = local_copy(self._uri) if is_remote(self._uri) else _opened(self._uri)
            if zipfile.is_zipfile(file):
                return _zip_members(file)
            return _tar_members(_expanded(file))
        except FileNotFoundError:
            raise LookalikeError(f"ingest.source: {self._uri}: there is no such file") from None
        except BROKEN as error:
            raise LookalikeError(
                f"ingest.source: {self._uri}: is not a whole zip or tar archive "
                f"({_one_line(error)})"
            ) from None


def _opened(path: str) -> IO[bytes]:
    return Path(path).open("rb")


def _zip_members(file: IO[bytes]) -> dict[str, Member]:
    archive = zipfile.ZipFile(file)
    members = {}
    for info in archive.infolist():
        if info.is_dir():
            continue
        path, problem = _inside(info.filename.replace("\\", "/"))
        if info.flag_bits & 1:
            problem = "is encrypted"
        members[path] = Member(info.file_size, partial(archive.read, info), problem)
    return members


def _tar_members(file: IO[bytes]) -> dict[str, Member]:
    archive = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - its members read from it later
    members = {}
    for info in archive:
        if info.isdir():
            continue
        path, problem = _inside(info.name)
        if not info.isreg():
            problem = "is a link or a device, not a regular file"
        members[path] = Member(info.size, partial(_read_tar, archive, info), problem)
    return members


def _read_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(info)
    return content.read() if content else b""


def _expanded(file: IO[bytes]) -> IO[bytes]:
    """The file itself, or what it is the compressed form of: members are not read in its order."""
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    for magic, decompress in COMPRESSED.items():
        if start.startswith(magic):
            whole = unnamed_file()
            with decompress(file, "rb") as stream:
                shutil.copyfileobj(stream, whole, 2**20)
            whole.seek(0)
            return whole
    return file


def _inside(name: str) -> tuple[str, str | None]:
    """A member's path in the archive, and what is wrong with it if it would lead outside."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return "/".join(parts), "its name leads out of the archive" if ".." in parts else None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
