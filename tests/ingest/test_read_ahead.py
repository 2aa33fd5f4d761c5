from io import BytesIO
from threading import Lock

import pytest

from lookalike.ingest import read_ahead as module
from lookalike.ingest.read_ahead import AHEAD_FILES, read_ahead
from lookalike.ingest.reading import DEFAULT, Allowance, read_stream
from lookalike.ingest.source import Candidate, UnreadableError

AHEAD_BYTES = 8 * 2**20
GIF = b"GIF89a"


class Numbers:
    """A source of numbered files of one size, which counts the bytes that it has given."""

    def __init__(self, files: int, size: int, readers: int, declared: int = 0) -> None:
        self.readers = readers
        self.size = size
        self.files = [Candidate(f"{n:04}", None, f"numbers/{n}", declared) for n in range(files)]
        self.read_so_far = 0
        self._lock = Lock()

    def candidates(self) -> list[Candidate]:
        return self.files

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        if candidate.path.endswith("7"):
            raise UnreadableError("unlucky")
        data = read_stream(_Counting(self, BytesIO(GIF.ljust(self.size))), allowance)
        return data[: self.size - 4] + candidate.path.encode()

    def count(self, size: int) -> None:
        with self._lock:
            self.read_so_far += size


class _Counting:
    def __init__(self, source: Numbers, file: BytesIO) -> None:
        self._source, self._file = source, file

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._source.count(len(data))
        return data


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AHEAD_BYTES", AHEAD_BYTES)


@pytest.mark.parametrize("readers", [1, 3, 16])
def test_files_come_in_their_order_with_bytes_or_a_reason(readers: int) -> None:
    source = Numbers(200, 10, readers)
    files = list(read_ahead(source, source.candidates()))
    assert [file.candidate for file in files] == source.files
    for file in files:
        unlucky = file.candidate.path.endswith("7")
        assert file.data[6:] == (b"" if unlucky else file.candidate.path.encode())
        assert file.problem == ("unlucky" if unlucky else None)


def test_no_more_files_are_read_ahead_than_may_wait() -> None:
    source = Numbers(500, 10, readers=2)
    for handed_over, _ in enumerate(read_ahead(source, source.candidates())):
        assert source.read_so_far / 10 - handed_over <= 2 * AHEAD_FILES + 1


@pytest.mark.parametrize("declared", [0, 10, 3 * 2**20])
@pytest.mark.parametrize("readers", [1, 8])
def test_no_more_bytes_are_read_ahead_than_may_wait_whatever_their_source_says(
    declared: int, readers: int
) -> None:
    source = Numbers(60, 3 * 2**20, readers, declared)
    handed_over = 0
    for file in read_ahead(source, source.candidates()):
        handed_over += len(file.data)
        assert source.read_so_far - handed_over <= AHEAD_BYTES


def test_a_file_larger_than_all_that_may_wait_is_read_while_it_is_waited_for() -> None:
    source = Numbers(5, 2 * AHEAD_BYTES, readers=4)
    handed_over = 0
    for file in read_ahead(source, source.candidates()):
        handed_over += len(file.data)
        assert source.read_so_far - handed_over <= AHEAD_BYTES
    assert handed_over == 5 * 2 * AHEAD_BYTES


def test_who_stops_early_leaves_no_reader_behind() -> None:
    source = Numbers(50, 2 * AHEAD_BYTES, readers=4)
    files = read_ahead(source, source.candidates())
    next(files)
    files.close()  # type: ignore[attr-defined] - returns once the readers have ended


def test_more_than_the_allowed_bytes_are_refused() -> None:
    source = Numbers(1, 5 * 2**20, readers=1)
    (file,) = read_ahead(source, source.candidates(), max_bytes=4 * 2**20)
    assert file.problem == "more than the 4194304 bytes that are allowed"


def test_a_name_that_is_not_utf_8_is_refused_without_reading() -> None:
    source = Numbers(0, 0, readers=1)
    (file,) = read_ahead(source, [Candidate("\udcff.png", None, "x")])
    assert (file.problem, source.read_so_far) == ("its name is not UTF-8", 0)
