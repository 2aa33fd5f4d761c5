"""The members of a tar archive, read in place; what is damaged is said with its offset."""

import io
import re
import tarfile
from functools import partial
from typing import IO

from lookalike.ingest.members import Link, Member
from lookalike.ingest.reading import PIECE_BYTES, Stream

BLOCK = tarfile.BLOCKSIZE
# Names and attributes of one member. No number among them is long; Python before 3.11.10 takes
# hours for one (CVE-2024-6232).
HEADER_BYTES = 2**16
LONG_NUMBER = re.compile(rb"\d{100}")
# An archive may have so many members, or one for so many of its bytes: no image is smaller.
MOST_MEMBERS, MEMBER_BYTES = 2**17, 32
ATTRIBUTES = 2000  # extended headers before one member: tarfile nests a call for each


def tar_members(file: IO[bytes], packed_bytes: int) -> list[tuple[str, Member]]:
    """The members of a tar, or of several one after the other, in their order.

    Args:
        file: the tar.
        packed_bytes: how large the file is that it comes from: a header compresses to a byte.

    Raises:
        tarfile.TarError: it is no tar, is cut off, or is damaged; with the offset in bytes.
    """
    archive_file = _Bounded(file)
    members: list[tuple[str, Member]] = []
    most = max(MOST_MEMBERS, packed_bytes // MEMBER_BYTES)
    place: int | None = 0
    while place is not None:
        archive_file.seek(place)
        with_headers = tarfile.open(fileobj=archive_file, mode="r:")  # noqa: SIM115 - read later
        for info in with_headers:
            if info.size < 0:
                raise tarfile.ReadError(f"a negative size at byte {info.offset}")
            if len(members) >= most:
                raise tarfile.ReadError(f"more than {most} members, for {packed_bytes} bytes")
            if not info.isdir():
                members.append((info.name, _member(with_headers, info)))
        place = _next_archive(archive_file, with_headers.offset)
    archive_file.most = PIECE_BYTES
    return members


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    if info.issym() or info.islnk():
        return Member(0, link=Link(info.linkname, from_top=info.islnk()))
    if not info.isreg():
        return Member(0, problem="is not a regular file")
    return Member(info.size, partial(_open, archive, info))


def _open(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Stream:
    content = archive.extractfile(info)
    assert content is not None  # it is a regular file
    return content


def _next_archive(file: "_Bounded", end: int) -> int | None:
    """Where, behind the blocks of zeros that end an archive, the next one begins, if one does."""
    file.seek(end)
    if (block := file.read(BLOCK)) != bytes(BLOCK):
        what = "no header of a member" if block else "no end-of-archive blocks"
        raise tarfile.ReadError(f"{what} at byte {end}: cut off or damaged")
    while block := file.read(BLOCK):
        end += BLOCK
        if block.strip(b"\0"):
            return end
    return None


class _Bounded(io.RawIOBase):
    """A file of which little is read at once, and nothing behind its end."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._end = file.seek(0, io.SEEK_END)
        self.most = HEADER_BYTES

    def read(self, size: int = -1) -> bytes:
        place = self._file.tell()
        if not 0 <= size <= self.most:
            raise tarfile.ReadError(f"a header of {size} bytes at byte {place}")
        data = self._file.read(size)
        if BLOCK < size <= HEADER_BYTES and LONG_NUMBER.search(data):
            raise tarfile.ReadError(f"a damaged header at byte {place}")
        return data

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or not 0 <= place <= self._end:
            raise tarfile.ReadError(f"cut off or damaged behind byte {self._file.tell()}")
        return self._file.seek(place)

    def tell(self) -> int:
        return self._file.tell()
