"""What the words of a command line ask for."""

import os
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer

from lookalike.commands.query_words import Asked, queries_of
from lookalike.search.download import Url
from lookalike.search.queries import ById, Like

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of photographs, among other files, as the working directory."""
    for name in ("photos/b.png", "photos/a.png", "photos/trip/c.png", "photos/.hidden.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    (tmp_path / "photos" / "notes.txt").write_text("notes")
    (tmp_path / "photos" / "Thumbs.db").write_bytes(PNG)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a[1].png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*words: str) -> Asked:
    return queries_of(words, [], [], [])


def test_a_folder_is_every_image_in_it_by_path(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked("photos")
    assert found == Asked(["photos/a.png", "photos/b.png", "photos/trip/c.png"], [], True)
    assert capsys.readouterr().err == (
        "photos: not searched for, because they are no images: 'photos/notes.txt'\n"
    )


def test_a_pattern_is_every_file_that_matches_by_path() -> None:
    assert asked("photos/*.png").queries == ["photos/a.png", "photos/b.png"]
    assert asked("photos/**/*.png").queries == ["photos/a.png", "photos/b.png", "photos/trip/c.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself() -> None:
    assert asked("a[1].png") == Asked(["a[1].png"], [], False)


def test_a_file_that_is_not_there_is_left_to_the_search_to_name() -> None:
    assert asked("missing.png") == Asked(["missing.png"], [], False)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("empty", "empty: holds no files"),
        ("nothing/*.png", "nothing/*.png: matches no file"),
    ],
)
def test_what_stands_for_no_image_is_a_failure(word: str, message: str) -> None:
    found = asked(word, "photos/a.png")
    assert (found.queries, [str(f) for f in found.failures]) == (["photos/a.png"], [message])


def test_what_cannot_be_read_in_a_folder_is_searched_for_so_that_it_is_named(here: Path) -> None:
    os.mkfifo(here / "photos" / "pipe.png")
    (here / "photos" / "dangling.png").symlink_to("nowhere")
    assert {"photos/pipe.png", "photos/dangling.png"} < set(asked("photos").queries)  # type: ignore[arg-type]


def test_addresses_ids_and_examples_are_queries_in_this_order() -> None:
    like, unlike = ["photos/*.png"], ["https://host/c.png"]
    found = queries_of(["HTTPS://host/a.png"], ["0" * 64], like, unlike)
    assert found.queries == [
        Url("HTTPS://host/a.png"),
        ById("0" * 64),
        Like("photos/a.png", "photos/b.png", unlike=[Url("https://host/c.png")]),
    ]
    assert found.several


def test_examples_of_which_some_are_not_there_are_no_query() -> None:
    found = queries_of([], [], ["photos/a.png"], ["empty"])
    assert (found.queries, len(found.failures), found.several) == ([], 1, False)


def test_stdin_is_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(PNG)))
    assert asked("-") == Asked([sys.stdin.buffer], [], False)
    with pytest.raises(typer.BadParameter, match="stdin is one image"):
        queries_of(["-"], [], ["-"], [])
