"""Named pipes, sockets and devices in the place of files: one line, and nothing is waited for."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.csv_file import read_csv
from lookalike.core.json_file import read_object
from lookalike.core.params import BaseParams, read_params
from lookalike.ingest.corrections import read_corrections
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams, LabelFile
from lookalike.ingest.source import UnreadableError

OneLineError = Callable[..., AbstractContextManager[None]]


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path.name)


MAKE: dict[str, Callable[[Path], None]] = {
    "a named pipe": os.mkfifo,
    "a socket": make_socket,
    "a device without end": lambda path: path.symlink_to("/dev/zero"),
    "a device without anything": lambda path: path.symlink_to("/dev/null"),
    "a folder": Path.mkdir,
}


@pytest.fixture(params=MAKE)
def special(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Makes one of them in the current folder."""

    def make(name: str) -> Path:
        MAKE[request.param](Path(name))
        return Path(name)

    return make


@pytest.fixture(autouse=True)
def _not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    signal.alarm(20)
    yield
    signal.alarm(0)


@pytest.mark.parametrize(
    "name", ["a.zip", "a.tar.gz", "a", "a.csv", "a.jsonl", "a.parquet", "a.pin"]
)
def test_as_the_source(
    name: str, special: Callable[[str], Path], one_line_error: OneLineError
) -> None:
    special(name)
    with one_line_error(f"ingest.source: {name}: "):
        open_source(IngestParams(source=name)).candidates()


def test_among_the_files_of_a_source(special: Callable[[str], Path]) -> None:
    Path("photos").mkdir()
    special("a.jpg").rename("photos/a.jpg")
    Path("photos/b.jpg").write_bytes(b"b")
    source = FolderSource("photos")
    for candidate in source.candidates():
        if candidate.path == "a.jpg":
            with pytest.raises(UnreadableError, match="is not a regular file"):
                source.read(candidate)


def test_as_a_label_file(special: Callable[[str], Path], one_line_error: OneLineError) -> None:
    special("labels.csv")
    Path("photos").mkdir()
    Path("photos/b.jpg").write_bytes(b"b")
    params = IngestParams(source="photos", label_file=LabelFile(path="labels.csv"))
    with one_line_error("ingest.label_file: labels.csv: there is no such file"):
        make_manifest(open_source(params), params)


def test_as_the_corrections(special: Callable[[str], Path], one_line_error: OneLineError) -> None:
    path = special("corrections.csv")
    with one_line_error("corrections.csv: cannot be read (is not a regular file)"):
        read_corrections(path)


def test_as_the_parameters(special: Callable[[str], Path], one_line_error: OneLineError) -> None:
    path = special("params.yaml")
    with one_line_error("params.yaml: cannot be read (is not a regular file)"):
        read_params(BaseParams, path=path)


@pytest.mark.parametrize("read", [read_csv, read_object])
def test_as_another_file_of_the_project(
    read: Callable[[Path], object], special: Callable[[str], Path]
) -> None:
    with pytest.raises(OSError, match="is not a regular file"):
        read(special("split.csv"))
