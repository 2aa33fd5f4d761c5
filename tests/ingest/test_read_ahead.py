from threading import Lock

import pytest

from lookalike.ingest.read_ahead import AHEAD_BYTES, AHEAD_FILES, read_ahead
from lookalike.ingest.source import Candidate, UnreadableError


class Numbers:
    """A source of numbered files that counts those which were read and not yet handed over."""

    def __init__(self, files: int, size: int, readers: int) -> None:
        self.readers = readers
        self.files = [Candidate(f"{n:04}", None, f"numbers/{n}", size) for n in range(files)]
        self.read_so_far = 0
        self._lock = Lock()

    def candidates(self) -> list[Candidate]:
        return self.files

    def read(self, candidate: Candidate) -> bytes:
        with self._lock:
            self.read_so_far += 1
        if candidate.path.endswith("7"):
            raise UnreadableError("unlucky")
        return candidate.path.encode()


@pytest.mark.parametrize("readers", [1, 3, 16])
def test_files_come_in_their_order_with_bytes_or_a_reason(readers: int) -> None:
    source = Numbers(200, 10, readers)
    files = list(read_ahead(source, source.candidates()))
    assert [file.candidate for file in files] == source.files
    for file in files:
        unlucky = file.candidate.path.endswith("7")
        assert file.data == (b"" if unlucky else file.candidate.path.encode())
        assert file.problem == ("unlucky" if unlucky else None)


def test_no_more_files_are_read_ahead_than_may_wait() -> None:
    source = Numbers(500, 10, readers=2)
    for handed_over, _ in enumerate(read_ahead(source, source.candidates())):
        assert source.read_so_far - handed_over <= 2 * AHEAD_FILES + 1


def test_no_more_bytes_are_read_ahead_than_may_wait() -> None:
    source = Numbers(50, AHEAD_BYTES // 2, readers=8)
    for handed_over, _ in enumerate(read_ahead(source, source.candidates())):
        assert source.read_so_far - handed_over <= 3


def test_a_file_larger_than_all_that_may_wait_is_read_alone() -> None:
    source = Numbers(5, 2 * AHEAD_BYTES, readers=4)
    assert len(list(read_ahead(source, source.candidates()))) == 5


def test_a_name_that_is_not_utf_8_is_refused_without_reading() -> None:
    source = Numbers(0, 0, readers=1)
    (file,) = read_ahead(source, [Candidate("\udcff.png", None, "x")])
    assert (file.problem, source.read_so_far) == ("its name is not UTF-8", 0)
