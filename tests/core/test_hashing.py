import hashlib
from pathlib import Path

from lookalike.core.hashing import sha256_of_file, sha256_of_files


def test_the_sha256_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    assert sha256_of_file(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_the_sha256_of_files_is_the_same_in_any_order_and_folder(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_text("1")
        (tmp_path / folder / "b").write_text("2")
    here, there = tmp_path / "here", tmp_path / "there"
    assert sha256_of_files([here / "a", here / "b"]) == sha256_of_files([there / "b", there / "a"])


def test_the_sha256_of_files_tells_which_file_holds_what(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    before = sha256_of_files([a, b])
    a.write_text("2")
    b.write_text("1")
    assert sha256_of_files([a, b]) != before
