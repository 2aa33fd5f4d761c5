"""Folders of another DVC repository: a real one, whose files are in a remote alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.ingest.dvc_repository import RepositoryAddress
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.pins import write_pin
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import Candidate, Source, UnreadableError

OneLineError = Callable[..., AbstractContextManager[None]]


def run(folder: Path, *command: str) -> str:
    identity = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, digit_files: dict[str, bytes]) -> Path:
    """A repository with the digits in `photos`, tagged v1.0; later eight of them are gone.

    DVC's cache is gone, so the files are in the remote alone.
    """
    root = tmp_path_factory.mktemp("other") / "digits"
    for path, data in digit_files.items():
        (root / "photos" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "photos" / path).write_bytes(data)
    run(root, "git", "init", "--quiet", "--initial-branch", "main")
    (root / ".dvc").mkdir()
    (root / ".dvc/.gitignore").write_text("/cache\n/tmp\n")
    (root / ".dvc/config").write_text(
        f"[core]\nremote = storage\n['remote \"storage\"']\nurl = {root.parent / 'storage'}\n"
    )
    run(root, "dvc", "add", "--quiet", "photos")
    (root / "pictures").mkdir()
    shutil.copy(root / "photos/0/00.png", root / "pictures/zero.png")
    run(root, "git", "add", "--all")
    run(root, "git", "commit", "--quiet", "--message", "digits")
    run(root, "git", "tag", "v1.0")
    shutil.rmtree(root / "photos" / "2")
    run(root, "dvc", "add", "--quiet", "photos")
    run(root, "git", "commit", "--quiet", "--all", "--message", "fewer digits")
    run(root, "dvc", "push", "--quiet", "--all-commits")
    shutil.rmtree(root / ".dvc" / "cache")
    shutil.rmtree(root / "photos")
    return root


def opened(address: str, folder: Path) -> tuple[Source, list[Candidate]]:
    """The source at an address, by way of a pin in a folder, and what it has."""
    write_pin(address, folder / "source.pin")
    params = IngestParams(source="source.pin")
    source = open_source(params, folder)
    return source, make_manifest(source, params).candidates


def test_the_files_of_a_revision_are_images_with_labels(
    repository: Path, tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    source, found = opened(f"dvc://{repository}?rev=v1.0#photos", tmp_path)
    assert {candidate.path: source.read(candidate) for candidate in found} == digit_files
    assert [candidate.label for candidate in found] == [path[0] for path in digit_files]
    commit = run(repository, "git", "rev-parse", "v1.0")
    assert found[0].uri == f"dvc://{repository}?rev={commit}#photos/0/00.png"


def test_a_file_of_unknown_size_is_read_up_to_what_is_allowed(
    repository: Path, tmp_path: Path
) -> None:
    source, found = opened(f"dvc://{repository}#photos", tmp_path)
    with pytest.raises(UnreadableError, match="more than the 100 bytes that are allowed"):
        source.read(found[0], Allowance(max_bytes=100))


def test_without_a_revision_it_is_the_newest_commit(repository: Path, tmp_path: Path) -> None:
    _, found = opened(f"dvc://{repository}#photos", tmp_path)
    assert len(found) == 16
    assert run(repository, "git", "rev-parse", "HEAD") in found[0].uri


def test_what_git_tracks_is_read_as_well(
    repository: Path, tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    source, [zero] = opened(f"dvc://file://{repository}?rev=v1.0#pictures", tmp_path)
    assert source.read(zero) == digit_files["0/00.png"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("dvc://{}?rev=v9#photos", "v9"),
        ("dvc:///no/such/repository?rev=v1.0#photos", "/no/such/repository"),
        ("dvc://#photos", "is not dvc://REPOSITORY?rev=REVISION#FOLDER"),
        ("dvc://--upload-pack=touch#photos", "is not dvc://REPOSITORY?rev=REVISION#FOLDER"),
    ],
)
def test_what_is_not_there_is_one_line(
    repository: Path, tmp_path: Path, one_line_error: OneLineError, address: str, words: str
) -> None:
    with one_line_error(words):
        write_pin(address.format(repository), tmp_path / "source.pin")


def test_a_folder_that_is_not_there_is_one_line(
    repository: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("ingest.source: dvc://", "#nothing: holds no files; check the address"):
        opened(f"dvc://{repository}#nothing", tmp_path)


@pytest.mark.parametrize(
    "address",
    [
        "dvc://https://a.org/b.git?rev=v1#c/d",
        "dvc://git@a.org:b.git?rev=v1#c",
        "dvc://../b?rev=v1#",
    ],
)
def test_an_address_is_spelled_as_it_was_parsed(address: str) -> None:
    assert str(RepositoryAddress.parse(address)) == address
