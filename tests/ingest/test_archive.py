import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.source import Candidate, Source, UnreadableError

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


TREES = st.dictionaries(
    st.sampled_from("abcd"),
    st.deferred(lambda: st.binary(min_size=1, max_size=9) | st.sampled_from(LINKS) | TREES),
    max_size=4,
)
LINKS = ["a", "../a", "../b/c", "b", ".", "..", "../..", "nowhere", "../../../etc", "c/d"]
Tree = dict[str, "bytes | str | Tree"]


def grow(folder: Path, tree: Tree) -> None:
    folder.mkdir()
    for name, content in tree.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        elif isinstance(content, str):
            (folder / name).symlink_to(content)
        else:
            grow(folder / name, content)


def readable(source: Source) -> dict[str, bytes]:
    found = {}
    for candidate in source.candidates():
        with suppress(UnreadableError):
            found[candidate.path] = source.read(candidate)
    return found


@settings(deadline=None, max_examples=60)
@given(TREES)
def test_an_archive_of_a_folder_gives_what_the_folder_gives(tree: Tree) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch, "top")
        grow(top, tree | {"z": b"at least one file"})
        (Path(scratch) / "top.tar").touch()
        with tarfile.open(f"{scratch}/top.tar", "w") as archive:
            archive.add(top, ".")
        links_out = any(
            not os.path.realpath(path).startswith(os.path.realpath(top))
            for path in top.rglob("*")
            if path.is_symlink()
        )
        assume(not links_out)  # those an archive cannot follow
        in_folder = readable(FolderSource(str(top)))
        assert readable(ArchiveSource(f"{scratch}/top.tar")) == in_folder


def tar_of(*links: tuple[str, bytes, str]) -> ArchiveSource:
    """A tar with `cat/a.png` and links: their names, kinds and targets."""
    with tarfile.open("photos.tar", "w") as archive:
        info = tarfile.TarInfo("cat/a.png")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"a"))
        for name, kind, target in links:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = kind, target
            archive.addfile(link)
    return ArchiveSource("photos.tar")


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../cat/a.png"),
        (tarfile.LNKTYPE, "cat/a.png"),
        (tarfile.LNKTYPE, "./cat//a.png"),
    ],
)
def test_a_link_in_a_tar_is_the_file_that_it_leads_to(kind: bytes, target: str) -> None:
    source = tar_of(("dog/b.png", kind, target))
    assert contents(source) == {"cat/a.png": b"a", "dog/b.png": b"a"}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/passwd", "is a link out of the archive"),
        ("../../etc/passwd", "is a link out of the archive"),
        ("gone.png", "is a link to nothing in the archive"),
        ("b.png", "is a link to nothing in the archive"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(target: str, reason: str) -> None:
    source = tar_of(("dog/b.png", tarfile.SYMTYPE, target))
    with pytest.raises(UnreadableError, match=reason):
        source.read(source.candidates()[1])


def test_links_that_make_paths_without_end_are_one_line(one_line_error: OneLineError) -> None:
    links = [
        (f"{n}/{side}", tarfile.SYMTYPE, f"../{n + 1}") for n in range(30) for side in ("l", "r")
    ]
    with one_line_error("photos.tar: its links make more than"):
        tar_of(*links, ("30/x", tarfile.LNKTYPE, "cat/a.png")).candidates()


def zip_of(*names: bytes, flag: int = 0) -> ArchiveSource:
    """A zip whose members have these names, byte for byte; each holds its number."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number in range(len(names)):
            archive.writestr(f"{number:02}".ljust(len(names[number]), "x"), str(number))
    raw = bytearray(data.getvalue())
    for number, name in enumerate(names):
        raw = raw.replace(f"{number:02}".ljust(len(name), "x").encode(), name)
    place = -1
    while (place := raw.find(b"PK\x01\x02", place + 1)) >= 0:
        raw[place + 8 : place + 10] = flag.to_bytes(2, "little")
    Path("photos.zip").write_bytes(raw)
    return ArchiveSource("photos.zip")


def test_names_of_a_zip_are_utf_8_else_cp437_with_a_remark(
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = zip_of("café/a.png".encode(), "Übung/b.png".encode("cp437"))
    assert contents(source) == {"café/a.png": b"0", "Übung/b.png": b"1"}


@pytest.mark.parametrize("flag", [0, 0x800])
def test_one_bad_name_does_not_refuse_the_others(flag: int) -> None:
    assert list(contents(zip_of(b"cat/a.png", b"cat/\xff.png", flag=flag)).values()) == [b"0", b"1"]


def test_backslashes_in_a_zip_are_separators_where_there_is_no_slash() -> None:
    source = zip_of(b"cat\\", b"cat\\a.png", b"dog/b\\.png")
    assert [candidate.path for candidate in source.candidates()] == ["cat/a.png", "dog/b\\.png"]


def test_a_part_of_a_split_zip_says_so(archived: MakeArchive, one_line_error: OneLineError) -> None:
    data = bytearray(archived({"a.png": b"a"}, "zip"))
    data[data.rindex(b"PK\x05\x06") + 4] = 2
    Path("photos.zip").write_bytes(data)
    with one_line_error("photos.zip: ", "one part of several: join them"):
        ArchiveSource("photos.zip").candidates()


def test_a_zip_behind_a_program_is_read(archived: MakeArchive) -> None:
    Path("photos.zip").write_bytes(b"#!/bin/sh\n" * 99 + archived({"a.png": b"a"}, "zip"))
    assert contents(ArchiveSource("photos.zip")) == {"a.png": b"a"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_pythons_zipfile_is_read(method: int) -> None:
    data = b"GIF89a" + os.urandom(10**6) + bytes(2 * 10**6)
    with (
        zipfile.ZipFile("photos.zip", "w", method) as archive,
        archive.open("a.gif", "w", force_zip64=True) as member,
    ):
        member.write(data)
    assert contents(ArchiveSource("photos.zip")) == {"a.gif": data}


def test_of_members_with_one_name_the_last_counts_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with tarfile.open("photos.tar", "w") as archive:
        for data in (b"old", b"newer"):
            info = tarfile.TarInfo("a.png")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert contents(ArchiveSource("photos.tar")) == {"a.png": b"newer"}
    said = capsys.readouterr().err
    assert "photos.tar: 1 earlier file replaced by the last of the same name" in said
    assert "'a.png'" in said


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
