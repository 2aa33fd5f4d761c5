"""Archives that were made to do harm, in the stage's own process; and damaged ones."""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest import local_copy
from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.source import UnreadableError

OneLineError = Callable[..., AbstractContextManager[None]]
MakeArchive = Callable[[dict[str, bytes], str], bytes]
GIF = b"GIF89a"
MORE = 400 * 10**6  # bytes of memory
METHODS = [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


@pytest.fixture
def bounded() -> Iterator[None]:
    """The test takes little memory, where an unbounded one would take gigabytes."""
    import resource

    limit = psutil.Process().memory_info().vms + MORE
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def refusals(source: ArchiveSource) -> dict[str, str]:
    found = {}
    for candidate in source.candidates():
        try:
            source.read(candidate)
        except UnreadableError as error:
            found[candidate.path] = str(error)
    return found


def zipped(content: bytes, times: int, method: int, name: str = "a.gif") -> bytes:
    """A zip with one member: its content, so many times."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive, archive.open(name, "w") as member:
        for _ in range(times):
            member.write(content)
    return whole.getvalue()


def declaring(archive: bytes, size: int) -> bytes:
    """The zip, with another size of its only member in its directory."""
    data = bytearray(archive)
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<L", size)
    return bytes(data)


@pytest.mark.parametrize("method", METHODS)
def test_a_member_that_unpacks_to_more_than_it_declares_is_refused(
    method: int, bounded: None
) -> None:
    bomb = zipped(bytes(2**24), 30, method)
    Path("a.zip").write_bytes(declaring(bomb, 100))
    assert refusals(ArchiveSource("a.zip")) == {
        "a.gif": "broken in the archive: it unpacks to more than the 100 bytes it declares"
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_member_of_zeros_is_refused_by_its_first_bytes(method: int, bounded: None) -> None:
    Path("a.zip").write_bytes(zipped(bytes(2**24), 7, method))
    start = time.monotonic()
    assert refusals(ArchiveSource("a.zip")) == {"a.gif": "not an image of a known format"}
    assert time.monotonic() - start < 2


def test_a_member_that_declares_too_much_is_refused_unread() -> None:
    Path("a.zip").write_bytes(declaring(zipped(GIF, 1, zipfile.ZIP_DEFLATED), 2**30))
    assert refusals(ArchiveSource("a.zip")) == {
        "a.gif": "1073741824 bytes, more than 134217728 allowed"
    }


def test_many_members_of_one_bomb_stop_the_stage(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr("lookalike.ingest.unpacking.ALWAYS_BYTES", 2**22)
    with zipfile.ZipFile("a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"{number}.gif", GIF.ljust(10**6, b"\0"))
    with one_line_error("a.zip: unpacks to more than 4194304 bytes", "unpack it and name"):
        refusals(ArchiveSource("a.zip"))


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_that_would_fill_the_disk_is_stopped(
    packed: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr("lookalike.ingest.unpacking.ALWAYS_BYTES", 2**22)
    info = tarfile.TarInfo("a.gif")
    info.size = 10**9
    Path("a.tar").write_bytes(packed(info.tobuf() + bytes(10**7)))
    with one_line_error("ingest.source: a.tar: unpacks to more than 4194304 bytes"):
        ArchiveSource("a.tar").candidates()


@pytest.mark.parametrize("packed", [bytes, bz2.compress])
def test_members_without_end_are_one_line(
    packed: Callable[[bytes], bytes],
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    """A header of 512 bytes compresses to one, and takes a thousand to remember."""
    monkeypatch.setattr("lookalike.ingest.tar_archive.MOST_MEMBERS", 100)
    headers = b"".join(tarfile.TarInfo(f"{number}.gif").tobuf() for number in range(5000))
    Path("a.tar").write_bytes(packed(headers + bytes(1024)))
    if packed is bytes:  # as long as it says: one for each 512 bytes
        assert len(ArchiveSource("a.tar").candidates()) == 5000
        return
    with one_line_error("a.tar: is not a whole zip or tar archive (more than", "members"):
        ArchiveSource("a.tar").candidates()


def test_where_there_is_no_room_it_says_so(
    archived: MakeArchive, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr(local_copy, "RESERVE_BYTES", 2**60)
    Path("a.tgz").write_bytes(archived({"a.gif": GIF}, "tar.gz"))
    with one_line_error("ingest.source: a.tgz: needs", "on the disk of"):
        ArchiveSource("a.tgz").candidates()


def test_a_dictionary_of_gigabytes_is_not_made(bounded: None, one_line_error: OneLineError) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**20}]
    data = bytearray(lzma.compress(bytes(1000), filters=filters))
    data[16] = 39  # the dictionary, in the header of the block: 3 GiB
    data[20:24] = struct.pack("<L", zlib.crc32(data[12:20]))
    Path("a.tar.xz").write_bytes(data)
    with one_line_error("a.tar.xz: is not a whole zip or tar archive", "emory"):
        ArchiveSource("a.tar.xz").candidates()


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header of a member, also of a size that none can have."""
    info = tarfile.TarInfo(name)
    info.type = kind
    data = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    data[124:136] = size.to_bytes(12, "big", signed=True) if size < 0 else b"%011o\0" % size
    if size < 0:
        data[124] = 0xFF
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data)


@pytest.mark.parametrize("size", [-512, -1024, -(2**40)])
@pytest.mark.parametrize(
    "kind", [tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_negative_size_in_a_tar_ends_in_one_line(
    size: int, kind: bytes, archived: MakeArchive, bounded: None, one_line_error: OneLineError
) -> None:
    good = archived({"a.gif": GIF}, "tar")[:1024]
    Path("a.tar").write_bytes(good + header("b.gif", size, kind) + bytes(2048))
    with one_line_error("a.tar: is not a whole zip or tar archive", "byte"):
        ArchiveSource("a.tar").candidates()


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_a_huge_extended_header_ends_in_one_line(
    kind: bytes, bounded: None, one_line_error: OneLineError
) -> None:
    with Path("a.tar").open("wb") as file:
        file.write(header("a", 2**32, kind))
        file.truncate(2**33)
    with one_line_error("a.tar: is not a whole zip or tar archive", "4294967296 bytes at byte 512"):
        ArchiveSource("a.tar").candidates()


def test_headers_of_headers_without_end_are_one_line(one_line_error: OneLineError) -> None:
    one = header("a", 512, tarfile.GNUTYPE_LONGNAME) + b"name".ljust(512, b"\0")
    Path("a.tar").write_bytes(one * 2000 + bytes(1024))
    with one_line_error("a.tar: is not a whole zip or tar archive"):
        ArchiveSource("a.tar").candidates()


def test_a_header_of_digits_takes_no_time(one_line_error: OneLineError) -> None:
    start = time.monotonic()
    Path("a.tar").write_bytes(header("a", 65536, tarfile.XHDTYPE) + b"1" * 65536 + bytes(1024))
    with one_line_error("a.tar: is not a whole zip or tar archive (a damaged header at byte 512)"):
        ArchiveSource("a.tar").candidates()
    assert time.monotonic() - start < 2


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.bz2", "tar.xz", "zip"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_an_archive_cut_anywhere_is_one_line(
    form: str, part: float, archived: MakeArchive, one_line_error: OneLineError
) -> None:
    whole = archived({f"{n}.gif": os.urandom(3000) for n in range(9)}, form)
    end = len(whole.rstrip(b"\0")) if form == "tar" else len(whole)
    Path("a").write_bytes(whole[: int(end * part)])
    with one_line_error("a: is not a whole zip or tar archive"):
        ArchiveSource("a").candidates()


def test_a_tar_cut_between_two_members_is_one_line_with_the_offset(
    archived: MakeArchive, one_line_error: OneLineError
) -> None:
    Path("a.tar").write_bytes(archived({"a.gif": GIF, "b.gif": GIF}, "tar")[:1024])
    with one_line_error("no end-of-archive blocks at byte 1024"):
        ArchiveSource("a.tar").candidates()


def test_a_damaged_header_is_one_line_with_the_offset(
    archived: MakeArchive, one_line_error: OneLineError
) -> None:
    data = bytearray(archived({"a.gif": GIF, "b.gif": GIF}, "tar"))
    data[1024 + 148] ^= 1
    Path("a.tar").write_bytes(data)
    with one_line_error("no header of a member at byte 1024"):
        ArchiveSource("a.tar").candidates()


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_of_concatenated_tars_every_member_is_read(form: str, archived: MakeArchive) -> None:
    parts = [archived({f"{name}.gif": name.encode()}, form) for name in "abc"]
    Path("a").write_bytes(b"".join(parts))
    source = ArchiveSource("a")
    assert [source.read(candidate) for candidate in source.candidates()] == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"\x04\x22\x4d\x18", "LZ4"),
    ],
)
def test_an_archive_that_is_not_read_says_what_it_is(
    start: bytes, form: str, one_line_error: OneLineError
) -> None:
    Path("a").write_bytes(start + bytes(600))
    with one_line_error(f"a: is a {form} archive, which is not read; unpack it"):
        ArchiveSource("a").candidates()


def test_an_endless_answer_over_http_is_given_up(
    endless: str, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr(local_copy, "UNANNOUNCED_BYTES", 2**24)
    with one_line_error("ingest.source: ", "sends more than 16777216 bytes"):
        ArchiveSource(endless).candidates()


@pytest.mark.parametrize("status", [200, 403])
def test_the_signature_of_an_address_is_nowhere(
    status: int, archived: MakeArchive, http: Callable[..., str]
) -> None:
    url = http(archived({"a.gif": GIF}, "zip"), status=status)
    source = ArchiveSource(f"{url}?X-Amz-Signature=SECRET&sig=SECRET")
    if status == 200:
        (candidate,) = source.candidates()
        assert candidate.uri == f"{url}/a.gif"
        assert source.read(candidate) == GIF
    else:
        with pytest.raises(LookalikeError) as caught:
            source.candidates()
        assert url in str(caught.value)
        assert "SECRET" not in str(caught.value)
