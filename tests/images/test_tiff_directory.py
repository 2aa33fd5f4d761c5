import struct

from hypothesis import given
from hypothesis import strategies as st
from tests.images.tiffs import directory

from lookalike.images.tiff_directory import MAKE, ORIENTATION, directories, first_directory


def test_numbers_and_text_are_read_in_either_byte_order() -> None:
    for order, start in (("<", b"II*\0"), (">", b"MM\0*")):
        head = start + struct.pack(order + "IH", 8, 2)
        head += struct.pack(order + "HHI4s", MAKE, 2, 4, b"abc\0")
        head += struct.pack(order + "HHIHH", ORIENTATION, 3, 1, 6, 0) + bytes(4)
        found = first_directory(head)
        assert found.entries[MAKE] == (b"abc\0",)
        assert found.number(ORIENTATION) == 6


def test_directories_in_a_circle_are_read_once() -> None:
    circle = bytearray(directory(struct.pack("<HHIHH", ORIENTATION, 3, 1, 6, 0)))
    circle[-4:] = circle[4:8]
    assert len(list(directories(bytes(circle)))) == 1


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_bytes_have_directories_or_none(rest: bytes, start: bytes) -> None:
    assert all(0 <= found.following < 2**32 for found in directories(start + rest))
