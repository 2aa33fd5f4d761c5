"""Every file of a project's outputs, cut and with flipped bits: it opens, or one line says why not.

What is memory-mapped would end the process instead of raising; that would be seen here, too.
"""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lookalike.core.errors import DataError, LookalikeError
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.description import DESCRIPTION as INDEX
from lookalike.index.file_fingerprint import FileFingerprint
from lookalike.index.storage import METADATA, THUMBNAILS, open_index
from lookalike.inference.embeddings import ROWS, VECTORS, open_embeddings
from lookalike.inference.exported import DESCRIPTION as EXPORT
from lookalike.inference.exported import read_export
from lookalike.model.artifact import load_model
from lookalike.model.artifact_fingerprint import DESCRIPTION as MODEL
from lookalike.model.artifact_fingerprint import WEIGHTS

FLIPS, MOST_CUTS = 40, 40


class Output(NamedTuple):
    """A file of an output, and what is done with the folder that holds it."""

    file: Path
    use: Callable[[Path], object]


def use_images(folder: Path) -> None:
    images = ImageStore(folder)
    images.metadata.to_pylist()
    assert all(images.encoded(row) is not None for row in range(len(images)))


def use_embeddings(folder: Path) -> None:
    embeddings = open_embeddings(folder)
    embeddings.rows.to_pylist()
    assert embeddings.vectors[-1].shape == embeddings.vectors[0].shape


def use_index(folder: Path) -> None:
    index = open_index(folder)
    index.records(range(len(index)))
    for row in range(len(index)):
        index.thumbnail(row)
    index.search(index.vectors.values[0], 3)


@pytest.fixture(scope="session")
def outputs(
    tiny_images: ImageStore,
    tiny_embeddings: Path,
    tiny_index: Path,
    tiny_model: Path,
    tiny_export: Path,
    tiny_split: Path,
) -> dict[str, Output]:
    return {
        "images": Output(tiny_images.folder / "part-00000.arrow", use_images),
        "embeddings": Output(tiny_embeddings / VECTORS, use_embeddings),
        "rows": Output(tiny_embeddings / ROWS, use_embeddings),
        "metadata": Output(tiny_index / METADATA, use_index),
        "thumbnails": Output(tiny_index / THUMBNAILS, use_index),
        "index": Output(tiny_index / INDEX, use_index),
        "export": Output(tiny_export / EXPORT, read_export),
        "split": Output(tiny_split, lambda folder: read_split(folder / "split.csv", tiny_images)),
    }


NAMES = ("images", "embeddings", "rows", "metadata", "thumbnails", "index", "export", "split")


def is_used_or_one_line(output: Output, content: bytes, folder: Path) -> bool:
    """Whether a copy of an output, with another content of its file, can be used.

    A file of an index gets the right fingerprint, as somebody gives it who changes one on purpose.
    """
    copy = folder / "copy"
    if not copy.exists():
        copy.mkdir()
        for file in output.file.parent.iterdir():
            if file.is_file() and file.name not in {output.file.name, INDEX}:
                (copy / file.name).symlink_to(file)
    changed = copy / output.file.name
    changed.write_bytes(content)
    if output.use is use_index and changed.name != INDEX:
        described = json.loads((output.file.parent / INDEX).read_text())
        described["files"][changed.name] = FileFingerprint.of(changed).model_dump()
        (copy / INDEX).write_text(json.dumps(described))
    try:
        output.use(copy)
    except LookalikeError as error:
        assert len(str(error).splitlines()) == 1
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_cut_off_is_one_line(
    name: str, outputs: dict[str, Output], tmp_path: Path
) -> None:
    content = outputs[name].file.read_bytes()
    step = max(1000 if len(content) > 8000 else 100, len(content) // MOST_CUTS)
    for end in range(0, len(content) - 16, step):
        used = is_used_or_one_line(outputs[name], content[:end], tmp_path)
        assert not used or name == "split", end  # a table may end after any row


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_flipped_bits_is_used_or_one_line(
    name: str, outputs: dict[str, Output], tmp_path: Path
) -> None:
    content = outputs[name].file.read_bytes()
    chance = random.Random(name)
    assert is_used_or_one_line(outputs[name], content, tmp_path)
    for _ in range(FLIPS):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 1, 4))):
            damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        is_used_or_one_line(outputs[name], bytes(damaged), tmp_path)


# --- descriptions that promise what is not there ------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"embedding_dim": 10**7},
        {"embedding_dim": 10**18},
        {"embedding_dim": -1},
        {"backbone": "regnet_y_128gf"},
        {"backbone": "cnn:100000"},
        {"backbone": "../../etc/passwd"},
        {"backbone": "timm/../../etc/passwd"},
        {"classes": ["a"] * 100_000},
        {"channels": 10**9},
        {"channels": 10**4, "mean": [0.0] * 10**4, "std": [1.0] * 10**4},
        {"image_size": {"resize": "squash", "crop": 10**6}},
        {"image_size": {"resize": 10**6, "crop": 32}},
        {"temperature": 1e-400},
        {"mean": [0.0, 1e999, 0.0]},
    ],
    ids=str,
)
def test_a_model_that_is_described_as_another_one_takes_no_memory(
    changes: dict[str, Any],
    tiny_model: Path,
    tmp_path: Path,
    one_line_error: Callable[..., Any],
) -> None:
    (tmp_path / WEIGHTS).symlink_to(tiny_model / WEIGHTS)
    content = json.loads((tiny_model / MODEL).read_text()) | changes
    (tmp_path / MODEL).write_text(json.dumps(content))
    with one_line_error():
        load_model(tmp_path)


@pytest.mark.parametrize("name", ["index", "export"])
def test_a_description_that_is_nested_too_deeply_is_one_line(
    name: str, outputs: dict[str, Output], tmp_path: Path
) -> None:
    assert not is_used_or_one_line(outputs[name], b"[" * 100_000, tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"images": 10**18},
        {"dimension": 10**12},
        {"whitened_from": 10**9},
        {"model_sha256": 7},
        {"engine": {"name": "exact"}},
        {"engine": {"name": "annoy", "trees": 10**12, "search_k": 10**18}},
        {"engine": {"name": "../../etc/passwd"}},
    ],
    ids=str,
)
def test_an_index_that_promises_other_numbers_is_one_line(
    changes: dict[str, Any], tiny_index: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_index, tmp_path / "index"))
    content = json.loads((folder / INDEX).read_text()) | changes
    (folder / INDEX).write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        open_index(folder).search(open_index(tiny_index).vectors.values[0], 3)
    assert len(str(caught.value).splitlines()) == 1
