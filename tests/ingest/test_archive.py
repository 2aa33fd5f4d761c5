import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.source import Candidate, UnreadableError

OneLineError = Callable[..., AbstractContextManager[None]]
MakeArchive = Callable[[dict[str, bytes], str], bytes]

FILES = {"cat/2.png": b"two" * 999, "dog/1.png": b"one", "cat/10.png": b"", "loose.png": b"x"}
FORMS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)


def contents(source: ArchiveSource) -> dict[str, bytes]:
    return {candidate.path: source.read(candidate) for candidate in source.candidates()}


def refusal(source: ArchiveSource) -> str:
    """Why the only member is refused."""
    (candidate,) = source.candidates()
    with pytest.raises(UnreadableError) as caught:
        source.read(candidate)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_every_file_is_a_candidate_with_its_bytes(archived: MakeArchive, form: str) -> None:
    Path(f"photos.{form}").write_bytes(archived(FILES, form))
    source = ArchiveSource(f"photos.{form}")
    assert source.candidates()[1] == Candidate("cat/2.png", None, f"photos.{form}/cat/2.png", 2997)
    assert contents(source) == dict(sorted(FILES.items()))


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_left_beside_the_archive(archived: MakeArchive, form: str) -> None:
    Path(f"photos.{form}").write_bytes(archived(FILES, form))
    contents(ArchiveSource(f"photos.{form}"))
    left = [path.as_posix() for path in Path().rglob("*") if path.is_file()]
    assert left == [f"photos.{form}"]


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_an_archive_is_read_over_http(
    archived: MakeArchive, http: Callable[..., str], form: str
) -> None:
    url = http(archived(FILES, form))
    source = ArchiveSource(url)
    assert contents(source) == dict(sorted(FILES.items()))
    assert source.candidates()[0].uri == f"{url}/cat/10.png"


def test_a_connection_that_breaks_off_is_tried_again(
    archived: MakeArchive, http: Callable[..., str]
) -> None:
    files = {"cat/noise.png": os.urandom(300_000)}
    assert contents(ArchiveSource(http(archived(files, "zip"), failures=2))) == files


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses_is_one_line(
    http: Callable[..., str], one_line_error: OneLineError, status: int
) -> None:
    url = http(b"no", status=status)
    with one_line_error(url):
        ArchiveSource(url).candidates()


def test_a_server_that_is_not_there_is_one_line(
    one_line_error: OneLineError,
) -> None:
    with one_line_error("http://127.0.0.1:9/photos.zip", "then run again"):
        ArchiveSource("http://127.0.0.1:9/photos.zip").candidates()


@pytest.mark.parametrize("form", ["zip", "tar"])
@pytest.mark.parametrize("name", ["../../evil.png", "cat/../../evil.png"])
def test_a_name_that_leads_out_of_the_archive_is_refused(
    archived: MakeArchive, form: str, name: str
) -> None:
    Path("photos").write_bytes(archived({name: b"evil"}, form))
    assert refusal(ArchiveSource("photos")) == "its name leads out of the archive"


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_an_absolute_name_is_one_in_the_archive(archived: MakeArchive, form: str) -> None:
    Path("photos").write_bytes(archived({"/cat/./a.png": b"a"}, form))
    assert contents(ArchiveSource("photos")) == {"cat/a.png": b"a"}


def test_links_and_devices_in_a_tar_are_refused() -> None:
    with tarfile.open("photos.tar", "w") as archive:
        link = tarfile.TarInfo("passwords.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    source = ArchiveSource("photos.tar")
    assert refusal(source) == "is a link out of the archive"


def test_of_members_with_one_name_the_last_counts() -> None:
    with tarfile.open("photos.tar", "w") as archive:
        for data in (b"old", b"newer"):
            info = tarfile.TarInfo("a.png")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert contents(ArchiveSource("photos.tar")) == {"a.png": b"newer"}


def test_an_encrypted_member_is_refused(archived: MakeArchive) -> None:
    data = bytearray(archived({"a.png": b"secret"}, "zip"))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the list of members
    Path("photos.zip").write_bytes(data)
    assert refusal(ArchiveSource("photos.zip")) == "is encrypted"


def test_a_broken_member_of_a_zip_is_refused_alone(archived: MakeArchive) -> None:
    data = bytearray(archived({"a.png": b"first" * 100, "b.png": b"second"}, "zip"))
    data[40:44] = b"\xff" * 4
    Path("photos.zip").write_bytes(data)
    source = ArchiveSource("photos.zip")
    first, second = source.candidates()
    with pytest.raises(UnreadableError, match="broken in the archive"):
        source.read(first)
    assert source.read(second) == b"second"


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz", "tar.xz"])
def test_half_an_archive_is_one_line(
    archived: MakeArchive, one_line_error: OneLineError, form: str
) -> None:
    whole = archived({"a.png": os.urandom(5000)}, form)
    Path("photos").write_bytes(whole[: len(whole) // 2])
    with one_line_error("ingest.source: photos: is not a whole zip or tar archive"):
        ArchiveSource("photos").candidates()


@pytest.mark.parametrize("data", [b"", b"a shopping list"])
def test_a_file_that_is_no_archive_is_one_line(one_line_error: OneLineError, data: bytes) -> None:
    Path("photos.zip").write_bytes(data)
    with one_line_error("ingest.source: photos.zip: "):
        ArchiveSource("photos.zip").candidates()


def test_an_archive_that_is_not_there_is_one_line(one_line_error: OneLineError) -> None:
    with one_line_error("ingest.source: gone.zip: there is no such file"):
        ArchiveSource("gone.zip").candidates()


def test_an_archive_without_files_is_one_line(one_line_error: OneLineError) -> None:
    zipfile.ZipFile("photos.zip", "w").close()
    with one_line_error("ingest.source: photos.zip: holds no files"):
        ArchiveSource("photos.zip").candidates()
