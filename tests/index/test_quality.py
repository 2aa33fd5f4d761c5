"""How much the approximate index loses against exact search."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from lookalike.images.split import SplitImage
from lookalike.index.bundle import METADATA_SCHEMA, IndexBundle, open_bundle, write_bundle
from lookalike.index.params import IndexParams
from lookalike.index.quality import recall_against_exact, retrieval_from_gallery
from lookalike.model.network import normalise

MODEL = "m" * 64
UNIT = normalise(torch.randn(2000, 24, generator=torch.Generator().manual_seed(0)))


def bundle_over(unit: Tensor, folder: Path, params: IndexParams) -> IndexBundle:
    """An index over vectors of images about which nothing else is known."""
    np.save(folder / "vectors.npy", unit.numpy())
    record = dict.fromkeys(METADATA_SCHEMA.names) | {"width": 1, "height": 1, "source": ""}
    rows = [record | {"id": f"{n}", "path": f"{n}.png"} for n in range(len(unit))]
    metadata = pa.Table.from_pylist(rows, METADATA_SCHEMA)
    write_bundle(folder / "index", folder / "vectors.npy", metadata, MODEL, params)
    return open_bundle(folder / "index", MODEL)


def test_an_index_that_inspects_everything_loses_nothing(tmp_path: Path) -> None:
    bundle = bundle_over(UNIT, tmp_path, IndexParams(trees=10, search_k=100_000))
    assert recall_against_exact(bundle, UNIT, queries=50) == 1.0


def test_an_index_that_inspects_little_is_seen_to_lose(tmp_path: Path) -> None:
    bundle = bundle_over(UNIT, tmp_path, IndexParams(trees=1, search_k=1))
    # Every query is a row of the index and finds itself: one of ten at the least.
    assert 0.1 <= recall_against_exact(bundle, UNIT, queries=50) < 0.6


def test_the_more_it_inspects_the_more_it_finds(tmp_path: Path) -> None:
    recalls = []
    for search_k in (1, 300, 100_000):
        (tmp_path / str(search_k)).mkdir()
        params = IndexParams(trees=5, search_k=search_k)
        bundle = bundle_over(UNIT, tmp_path / str(search_k), params)
        recalls.append(recall_against_exact(bundle, UNIT, queries=50))
    assert recalls[0] < recalls[1] < recalls[2]


def test_fewer_images_than_neighbours_or_queries_are_enough(tmp_path: Path) -> None:
    bundle = bundle_over(UNIT[:4], tmp_path, IndexParams(trees=2))
    assert recall_against_exact(bundle, UNIT[:4], queries=1000) == 1.0


# --- retrieval from the gallery --------------------------------------------------------------


def image(row: int, label: str, split: str) -> SplitImage:
    return SplitImage(row, f"{label}/{row}.png", label, split)


AXES = torch.eye(3)


def test_test_images_are_looked_for_among_all_others() -> None:
    unit = AXES[[0, 0, 1, 1]]
    split = [
        image(0, "a", "train"),
        image(1, "a", "test"),
        image(2, "b", "valid"),
        image(3, "b", "test"),
    ]
    found = retrieval_from_gallery(unit, split)
    assert found == {"recall_at_1": 1.0, "map_at_r": 1.0, "queries": 2, "queries_without_match": 0}


def test_other_test_images_are_not_found() -> None:
    unit = AXES[[0, 0, 1]]  # the two test images are equal, the training image is far
    split = [image(0, "a", "test"), image(1, "a", "test"), image(2, "b", "train")]
    assert retrieval_from_gallery(unit, split) == {"queries": 0, "queries_without_match": 2}


def test_images_outside_the_split_are_not_found() -> None:
    unit = normalise(torch.tensor([[1.0, 0], [1, 0], [0, 1], [1, 0.5]]))
    split = [image(1, "a", "test"), image(2, "b", "train"), image(3, "a", "train")]
    assert retrieval_from_gallery(unit, split)["recall_at_1"] == 1.0


def test_without_a_split_there_is_nothing_to_measure() -> None:
    assert retrieval_from_gallery(AXES, []) == {"queries": 0, "queries_without_match": 0}
