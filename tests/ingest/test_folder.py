import os
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.folder import Candidate, LabelRule, list_folder


def make(root: Path, *paths: str) -> str:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return str(root)


def paths(source: str) -> list[str]:
    return [candidate.path for candidate in list_folder(source, "folder")]


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        ("folder", [None, "animals", "animals/cat", "plants/trees/oak"]),
        ("top_folder", [None, "animals", "animals", "plants"]),
        ("none", [None, None, None, None]),
    ],
)
def test_labels_are_taken_from_folders_by_rule(
    tmp_path: Path, rule: LabelRule, labels: list[str | None]
) -> None:
    files = ["a.png", "animals/a.png", "animals/cat/a.png", "plants/trees/oak/a.png"]
    found = list_folder(make(tmp_path, *files), rule)
    assert found == [Candidate(path, label) for path, label in zip(files, labels, strict=True)]


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
        list_folder(str(source), "folder")
    return str(caught.value)


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    source = tmp_path / "gone"
    assert refusal(source) == f"ingest.source: {source}: there is no such folder"


def test_a_file_instead_of_a_folder_is_one_line(tmp_path: Path) -> None:
    make(tmp_path, "photo.png")
    source = tmp_path / "photo.png"
    assert refusal(source) == f"ingest.source: {source}: is not a folder"


@pytest.mark.parametrize("inside", [".", "empty/folders/only"])
def test_a_folder_without_files_is_one_line(tmp_path: Path, inside: str) -> None:
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)
    assert refusal(tmp_path) == f"ingest.source: {tmp_path}: holds no files"
