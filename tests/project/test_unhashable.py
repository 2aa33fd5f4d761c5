import os
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.project.unhashable import check_address, check_hashable


def test_files_that_dvc_can_hash_pass(tmp_path: Path) -> None:
    (tmp_path / "a\nb é.png").touch()
    (tmp_path / "link.png").symlink_to("a\nb é.png")
    check_hashable("photos", tmp_path, ["a\nb é.png", "link.png"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.png", "a link to nothing"),
        ("itself.png", "Too many levels of symbolic links"),
        ("pipe.png", "a named pipe"),
        ("caf\udce9.png", "its name is not UTF-8"),
        (".dvcignore", "DVC takes no folder that holds one"),
    ],
)
def test_what_dvc_cannot_hash_is_named(tmp_path: Path, name: str, why: str) -> None:
    match name:
        case "gone.png":
            (tmp_path / name).symlink_to("nowhere")
        case "itself.png":
            (tmp_path / name).symlink_to(name)
        case "pipe.png":
            os.mkfifo(tmp_path / name)
        case _:
            (tmp_path / name).touch()
    with pytest.raises(LookalikeError) as caught:
        check_hashable("photos", tmp_path, [name])
    assert str(caught.value) == (
        f"ingest.source: photos: DVC cannot hash {name!r} ({why}): rename, repair or remove them"
    )


@pytest.mark.parametrize("address", ["s3://b/a", "gs://b", "azure://b/a", "https://a.org/b.zip"])
def test_addresses_that_dvc_can_watch_pass(address: str) -> None:
    check_address(address)


@pytest.mark.parametrize("address", ["file:///photos", "ftp://u:secret@a/b"])
def test_an_address_that_dvc_cannot_watch_says_what_to_do(address: str) -> None:
    with pytest.raises(LookalikeError) as caught:
        check_address(address)
    line = str(caught.value)
    assert line.startswith("ingest.source: ")
    assert "download it and name the folder" in line
    assert "secret" not in line
