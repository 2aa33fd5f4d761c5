"""The index as a folder: what is refused when it is opened."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike.core.errors import DataError
from lookalike.index.description import DESCRIPTION
from lookalike.index.file_fingerprint import FileFingerprint
from lookalike.index.storage import METADATA, THUMBNAILS, open_index
from lookalike.inference.embeddings import VECTORS
from lookalike.model.artifact_fingerprint import fingerprint

ENGINE = "embeddings.ann"
FILES = (ENGINE, METADATA, THUMBNAILS, VECTORS)

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def copied(tiny_index: Path, tmp_path: Path) -> Path:
    """A copy of the index."""
    return Path(shutil.copytree(tiny_index, tmp_path / "index"))


def test_another_model_is_refused_and_both_are_named(
    tiny_index: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(fingerprint(tiny_model)[:12], "abcabcabcabc", "run embed and index again"):
        open_index(tiny_index, "abc" * 20 + "abcd")


def test_a_missing_bundle_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    with one_line_error(f"{tmp_path / DESCRIPTION}: missing; run the index stage first"):
        open_index(tmp_path, "m")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_one_line_that_names_both_sides(
    name: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    (copied / name).unlink()
    with one_line_error(f"{copied / name}: missing, but index.json names it", "run dvc pull"):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.99])
def test_a_truncated_file_is_one_line_that_names_both_sides(
    name: str, keep: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / name).read_bytes()
    kept = int(len(content) * keep)
    (copied / name).write_bytes(content[:kept])
    with one_line_error(f"{copied / name}: has {kept} bytes, but index.json says {len(content)}"):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_description_is_one_line(
    keep: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / DESCRIPTION).read_bytes()
    (copied / DESCRIPTION).write_bytes(content[: int(len(content) * keep)])
    with one_line_error(f"{copied / DESCRIPTION}: is not whole", "index stage again"):
        open_index(copied, fingerprint(tiny_model))


def test_a_description_of_another_format_is_one_line(
    copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = json.loads((copied / DESCRIPTION).read_text()) | {"format": 2}
    (copied / DESCRIPTION).write_text(json.dumps(content))
    with one_line_error(f"{copied / DESCRIPTION}: has format 2", "run the index stage again"):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_bundle_is_refused_though_its_size_is_right(
    name: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[::-1])
    with one_line_error(f"{copied / name}: has the fingerprint", "but index.json says"):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.33, 0.999])
def test_a_single_changed_byte_is_noticed_by_verifying(
    name: str, where: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = bytearray((copied / name).read_bytes())
    content[int(len(content) * where)] ^= 1
    (copied / name).write_bytes(content)
    with one_line_error(f"{copied / name}: has the fingerprint", "but index.json says"):
        open_index(copied, fingerprint(tiny_model), verify=True)


def test_a_file_in_place_of_the_folder_is_one_line(
    tiny_index: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; run the index stage first"):
        open_index(tiny_index / ENGINE, "m" * 64)


def test_a_file_that_describes_more_images_than_there_are_is_refused(
    copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = json.loads((copied / DESCRIPTION).read_text()) | {"images": 121}
    (copied / DESCRIPTION).write_text(json.dumps(content))
    with one_line_error("121 images promised, but 120 in vectors.npy, 120 in metadata.arrow"):
        open_index(copied, fingerprint(tiny_model))


# --- a description that was tampered with ----------------------------------------------------


def described(folder: Path, **changes: object) -> None:
    """Change the description of an index."""
    path = folder / DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("names", [[], [VECTORS], [VECTORS, METADATA], [METADATA, ENGINE]])
def test_every_file_that_is_opened_must_have_a_fingerprint(
    names: list[str], copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    files = json.loads((copied / DESCRIPTION).read_text())["files"]
    described(copied, files={name: files[name] for name in names})
    with one_line_error(f"{copied / DESCRIPTION}: no fingerprint of ", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "notes.txt", ""])
def test_names_of_other_files_are_refused(
    name: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    files = json.loads((copied / DESCRIPTION).read_text())["files"]
    described(copied, files=files | {name: files[VECTORS]})
    with one_line_error(f"{name!r} is no file of an index", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


# --- files that have the right fingerprints and are wrong inside -------------------------------


def replaced(folder: Path, name: str, content: bytes) -> None:
    """Change a file of an index, and its fingerprint with it."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / DESCRIPTION).read_text())["files"]
    files[name] = FileFingerprint.of(folder / name).model_dump()
    described(folder, files=files)


@pytest.mark.parametrize("values", [np.ones((0, 16), "f4"), np.ones((120, 15), "f4")])
def test_vectors_of_another_shape_are_refused(
    values: np.ndarray, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    buffer = BytesIO()
    np.save(buffer, values)
    replaced(copied, VECTORS, buffer.getvalue())
    with one_line_error(f"{copied}: is not a whole index", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("dtype", ["f8", "i4", "f2", ">f4"])
def test_vectors_of_another_type_are_refused(
    dtype: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    buffer = BytesIO()
    np.save(buffer, np.ones((120, 16), dtype))
    replaced(copied, VECTORS, buffer.getvalue())
    with one_line_error(f"{copied}: is not a whole index (vectors.npy holds", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", [VECTORS, METADATA, THUMBNAILS])
@pytest.mark.parametrize("content", [b"", b"text", b"ARROW1\0\0" + bytes(50) + b"ARROW1"])
def test_files_of_another_kind_are_refused(
    name: str, content: bytes, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    replaced(copied, name, content)
    with one_line_error(f"{copied}: is not a whole index", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


def test_strings_that_lead_out_of_their_table_are_refused(
    copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / METADATA).read_bytes()
    ids = open_index(copied).metadata["id"].chunk(0)
    offsets = bytes(ids.buffers()[1])[: 4 * 121]
    assert content.count(offsets) >= 1
    wild = np.frombuffer(offsets, "i4").copy()
    wild[60:] += 2**30
    replaced(copied, METADATA, content.replace(offsets, wild.tobytes(), 1))
    with one_line_error(f"{copied}: is not a whole index", kind=DataError):
        open_index(copied, fingerprint(tiny_model))


@given(damage=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_metadata_are_one_line_or_harmless(
    damage: st.DataObject, tiny_index: Path, tiny_model: Path
) -> None:
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(tiny_index, Path(folder, "index")))
        content = bytearray((copy / METADATA).read_bytes())
        for _ in range(damage.draw(st.integers(1, 8))):
            content[damage.draw(st.integers(0, len(content) - 1))] = damage.draw(
                st.integers(0, 255)
            )
        replaced(copy, METADATA, bytes(content))
        try:
            index = open_index(copy, fingerprint(tiny_model))
        except DataError:
            return
        assert len(index.records(range(120))) == 120
