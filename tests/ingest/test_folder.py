import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.source import Candidate, UnreadableError


def make(root: Path, *paths: str) -> str:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return str(root)


def paths(source: str) -> list[str]:
    return [candidate.path for candidate in FolderSource(source).candidates()]


def test_a_candidate_knows_its_place_and_size(tmp_path: Path) -> None:
    source = make(tmp_path, "animals/cat/a.png")
    (tmp_path / "animals/cat/a.png").write_bytes(b"12345")
    assert FolderSource(source).candidates() == [
        Candidate("animals/cat/a.png", None, f"{tmp_path}/animals/cat/a.png", 5)
    ]


def test_files_are_sorted_by_path_however_they_were_made(tmp_path: Path) -> None:
    source = make(tmp_path, "b/2", "c", "b/10", "a/z", "B", "b-1", "é", "a/b/c")
    assert paths(source) == ["B", "a/b/c", "a/z", "b-1", "b/10", "b/2", "c", "é"]


def test_every_file_is_a_candidate_whatever_its_name(tmp_path: Path) -> None:
    source = make(tmp_path, ".hidden", "notes.txt", "no suffix", "line\nend.png")
    assert paths(source) == [".hidden", "line\nend.png", "no suffix", "notes.txt"]


def test_a_name_that_is_not_utf_8_is_a_candidate(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).touch()
    assert [os.fsencode(path) for path in paths(str(tmp_path))] == [b"\xff.png"]


@pytest.mark.parametrize("source", [".", "./", "photos", "photos/", "./photos", "photos/../photos"])
def test_a_relative_source_may_be_spelt_in_any_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    make(tmp_path / "photos", "cat/deep/a.png")
    monkeypatch.chdir(tmp_path)
    prefix = "photos/" if "photos" not in source else ""
    assert paths(source) == [f"{prefix}cat/deep/a.png"]


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "a.png")
    make(tmp_path / "source", "cat/b.png")
    (tmp_path / "source" / "dog").symlink_to(tmp_path / "elsewhere")
    assert paths(str(tmp_path / "source")) == ["cat/b.png", "dog/a.png"]


def test_the_source_itself_may_be_a_link(tmp_path: Path) -> None:
    make(tmp_path / "photos", "cat/a.png")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    assert paths(str(tmp_path / "link")) == ["cat/a.png"]


def test_a_link_to_a_folder_above_ends(tmp_path: Path) -> None:
    source = make(tmp_path, "a/b/c.png")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    assert paths(source) == ["a/b/c.png"]


def test_links_that_lead_to_each_other_end(tmp_path: Path) -> None:
    source = make(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a" / "to_b").symlink_to(tmp_path / "b")
    (tmp_path / "b" / "to_a").symlink_to(tmp_path / "a")
    assert paths(source) == ["a/1.png", "a/to_b/2.png", "b/2.png", "b/to_a/1.png"]


def test_a_link_to_itself_and_a_link_to_nothing_are_candidates(tmp_path: Path) -> None:
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    (tmp_path / "nothing").symlink_to(tmp_path / "gone")
    assert paths(str(tmp_path)) == ["itself", "nothing"]


def refusal(source: Path) -> str:
    with pytest.raises(LookalikeError) as caught:
        FolderSource(str(source)).candidates()
    return str(caught.value)


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    source = tmp_path / "gone"
    assert refusal(source) == f"ingest.source: {source}: there is no such file or folder"


def test_a_file_instead_of_a_folder_is_one_line(tmp_path: Path) -> None:
    make(tmp_path, "photo.png")
    source = tmp_path / "photo.png"
    assert refusal(source) == f"ingest.source: {source}: is not a folder"


@pytest.mark.parametrize("inside", [".", "empty/folders/only"])
def test_a_folder_without_files_is_one_line(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)
    assert refusal(tmp_path) == f"ingest.source: {tmp_path}: holds no files"


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder that everybody may use, and a user who may not read everything."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        os.seteuid(os.getuid())


def as_nobody() -> None:
    if os.getuid() == 0:
        os.seteuid(65534)


def test_a_file_and_a_folder_that_may_not_be_read_are_refused(unprivileged: Path) -> None:
    make(unprivileged, "cat/open.png", "cat/closed.png", "dog/hidden.png")
    (unprivileged / "cat/closed.png").chmod(0)
    (unprivileged / "dog").chmod(0)
    as_nobody()
    source = FolderSource(str(unprivileged))
    refused = {}
    for candidate in source.candidates():
        try:
            source.read(candidate)
        except UnreadableError as reason:
            refused[candidate.path] = str(reason)
    assert refused == {
        "cat/closed.png": "cannot be read: Permission denied",
        "dog": "cannot be read: Permission denied",
    }


def test_folders_without_end_that_may_not_be_read_are_one_line(
    unprivileged: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(100):
        make(unprivileged, f"{number}/hidden.png")
        (unprivileged / str(number)).chmod(0)
    as_nobody()
    assert len(FolderSource(str(unprivileged)).candidates()) == 100
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ingest: 100 folders cannot be listed, so all in them is lost: ")
    assert line.endswith(" and 95 more")


def test_names_that_differ_in_case_alone_are_two_files(tmp_path: Path) -> None:
    assert paths(make(tmp_path, "cat/A.png", "cat/a.png")) == ["cat/A.png", "cat/a.png"]


def test_odd_and_very_long_names_are_read(tmp_path: Path) -> None:
    names = ["-rf.png", "a b.png", "*.png", "日本語.png", "x" * 251 + ".png"]
    source = FolderSource(make(tmp_path, *names))
    assert [source.read(candidate) for candidate in source.candidates()] == [b""] * 5
