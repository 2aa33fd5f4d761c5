"""How much the approximate index loses against exact search."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lookalike.images.split_file import SplitImage
from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.engines.exact import Exact
from lookalike.index.engines.faiss import Faiss
from lookalike.index.quality import measure, retrieval_from_gallery

ROWS = 2000
VALUES = np.random.default_rng(0).normal(size=(ROWS, 64)).astype(np.float32)
NAMES = [f"{row:04d}" for row in range(ROWS)]
METADATA = pa.table(
    {"id": NAMES, "path": NAMES, "source": NAMES, "width": [1] * ROWS, "height": [1] * ROWS}
)


@pytest.mark.parametrize(
    ("engine", "effort"),
    [
        (Annoy(trees=2, search_k=20), 20),
        (Faiss(search="efSearch=10"), 10),
        (Faiss(factory="IVF16,Flat", search="nprobe=1"), 1),
    ],
)
def test_where_the_target_is_not_reached_every_engine_says_so(
    engine: Annoy | Faiss, effort: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = measure(build_index(VALUES, METADATA, tmp_path / "index", engine), 200)
    assert (built.effort, built.recall_at_10 < 0.99) == (effort, True)
    assert capsys.readouterr().err == (
        f"index: {engine.name} finds {built.recall_at_10:.4f} of the ten nearest, less than "
        "index.engine.target_recall = 0.99\n"
    )


def test_where_the_target_is_reached_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = build_index(VALUES, METADATA, tmp_path / "index", Exact())
    size = (tmp_path / "index" / "vectors.npy").stat().st_size
    assert measure(index, 200) == ("exact", ROWS, 1.0, size)
    assert capsys.readouterr().err == ""


# --- retrieval from the gallery --------------------------------------------------------------


def image(row: int, label: str, split: str) -> SplitImage:
    return SplitImage(row, f"{label}/{row}.png", label, split, f"id{row}")


AXES = np.eye(3, dtype=np.float32)


def test_test_images_are_looked_for_among_all_others() -> None:
    vectors = AXES[[0, 0, 1, 1]]
    split = [
        image(0, "a", "train"),
        image(1, "a", "test"),
        image(2, "b", "valid"),
        image(3, "b", "test"),
    ]
    found = retrieval_from_gallery(vectors, split)
    assert (found["recall_at_1"], found["map_at_r"]) == (1.0, 1.0)
    assert (found["queries"], found["queries_without_match"]) == (2, 0)


def test_other_test_images_are_not_found() -> None:
    vectors = AXES[[0, 0, 1]]  # the two test images are equal, the training image is far
    split = [image(0, "a", "test"), image(1, "a", "test"), image(2, "b", "train")]
    assert retrieval_from_gallery(vectors, split) == {"queries": 0, "queries_without_match": 2}


def test_images_outside_the_split_are_not_found() -> None:
    vectors = np.array([[1, 0], [3, 0], [0, 2], [1, 0.5]], np.float32)
    split = [image(1, "a", "test"), image(2, "b", "train"), image(3, "a", "train")]
    assert retrieval_from_gallery(vectors, split)["recall_at_1"] == 1.0


def test_without_a_split_there_is_nothing_to_measure() -> None:
    assert retrieval_from_gallery(AXES, []) == {"queries": 0, "queries_without_match": 0}
