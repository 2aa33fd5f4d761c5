"""The index bundle."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.core.files import sha256_of_file
from lookalike.images.shards import open_shards
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.bundle import IndexBundle
from lookalike.index.bundle_folder import METADATA, THUMBNAILS, open_bundle, write_bundle
from lookalike.index.description import DESCRIPTION
from lookalike.index.engines.registry import Engine
from lookalike.index.metadata import METADATA_SCHEMA, bundle_metadata
from lookalike.index.params import EngineName, IndexParams, Metric
from lookalike.index.thumbnails import write_thumbnails
from lookalike.inference.embeddings import VECTORS, Embeddings, open_embeddings
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.retrieval.vectors import Found

ENGINE = "embeddings.ann"
FILES = (ENGINE, METADATA, THUMBNAILS, VECTORS)

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_embeddings: Path) -> Embeddings:
    return open_embeddings(tiny_embeddings)


@pytest.fixture(scope="module")
def bundle(tiny_index: Path, tiny_model: Path) -> IndexBundle:
    return open_bundle(tiny_index, fingerprint(tiny_model))


@pytest.fixture
def copied(tiny_index: Path, tmp_path: Path) -> Path:
    """A copy of the index."""
    return Path(shutil.copytree(tiny_index, tmp_path / "index"))


@pytest.fixture(scope="module")
def metadata(tiny_images: ImageStore, tiny_split: Path, embeddings: Embeddings) -> pa.Table:
    split = read_split(tiny_split, tiny_images)
    return bundle_metadata(tiny_images.metadata, embeddings, split)


# --- what a row is ---------------------------------------------------------------------------


def test_row_i_is_image_i(bundle: IndexBundle, tiny_images: ImageStore) -> None:
    images = tiny_images.metadata.select(["id", "path", "label"]).to_pylist()
    records = list(bundle.records())
    assert [{key: record[key] for key in images[0]} for record in records] == images


def test_a_record_can_be_had_alone(bundle: IndexBundle) -> None:
    assert [bundle.record(row) for row in range(len(bundle))] == list(bundle.records())


def test_a_record_tells_what_is_known_of_an_image(
    bundle: IndexBundle, embeddings: Embeddings, tiny_source: Path
) -> None:
    record = bundle.record(0)
    assert list(record) == METADATA_SCHEMA.names
    assert record["source"] == f"{tiny_source}/0/00.png"
    assert record["predicted_label"] == embeddings.rows["predicted_label"][0].as_py()
    assert (record["width"], record["height"]) == (8, 8)


def test_an_image_has_its_side_of_the_split(
    bundle: IndexBundle, tiny_images: ImageStore, tiny_split: Path
) -> None:
    for image in read_split(tiny_split, tiny_images):
        assert bundle.record(image.row)["split"] == image.split


def test_an_image_outside_the_split_is_indexed_all_the_same(
    tiny_images: ImageStore, tiny_split: Path, embeddings: Embeddings
) -> None:
    images = tiny_images.metadata
    some = read_split(tiny_split, tiny_images)[:2]
    sides = bundle_metadata(images, embeddings, some)["split"].to_pylist()
    assert len(sides) == 120
    assert sum(side is not None for side in sides) == 2


def test_embeddings_of_other_images_are_refused(
    tiny_images: ImageStore, embeddings: Embeddings, one_line_error: OneLineError
) -> None:
    swapped = embeddings._replace(rows=embeddings.rows.take([1, 0, *range(2, 120)]))
    with one_line_error("the embeddings are not of these images; run the embed stage again"):
        bundle_metadata(tiny_images.metadata, swapped, [])


def test_embeddings_of_fewer_images_are_refused(
    tiny_images: ImageStore, embeddings: Embeddings, one_line_error: OneLineError
) -> None:
    fewer = embeddings._replace(rows=embeddings.rows.slice(0, 119))
    with one_line_error("the embeddings are not of these images"):
        bundle_metadata(tiny_images.metadata, fewer, [])


# --- searching -------------------------------------------------------------------------------


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@given(row=st.integers(0, 119), k=st.integers(1, 20), scale=st.floats(0.01, 100))
def test_similarities_are_cosines_and_fall(
    bundle: IndexBundle, embeddings: Embeddings, row: int, k: int, scale: float
) -> None:
    query = embeddings.vectors[row] * np.float32(scale)
    hits = bundle.search(query, k)
    similarities = hits.similarities.tolist()
    assert len(hits.rows) == k
    assert similarities == sorted(similarities, reverse=True)
    expected = [cosine(query, embeddings.vectors[row]) for row in hits.rows]
    assert similarities == pytest.approx(expected, abs=1e-5)


@given(row=st.integers(0, 119))
def test_an_indexed_vector_finds_itself_first(
    bundle: IndexBundle, embeddings: Embeddings, row: int
) -> None:
    hits = bundle.search(embeddings.vectors[row], 1)
    assert hits.rows.tolist() == [row]
    assert hits.similarities[0] == pytest.approx(1)


@given(st.lists(st.floats(-1, 1, width=32), min_size=16, max_size=16))
def test_any_vector_finds_the_exact_neighbors_of_a_small_index(
    bundle: IndexBundle, embeddings: Embeddings, query: list[float]
) -> None:
    vector = np.float32(query)
    if np.linalg.norm(vector) < 1e-3:
        return
    exact = sorted((cosine(vector, other) for other in embeddings.vectors), reverse=True)[:5]
    found = bundle.search(vector, 5).similarities.tolist()
    assert found == pytest.approx(exact, abs=1e-5)


def test_a_vector_of_zeros_is_like_nothing(bundle: IndexBundle) -> None:
    similarities = bundle.search(np.zeros(16, np.float32), 3).similarities
    assert similarities == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("k", [120, 121, 2**40])
def test_a_k_beyond_the_index_gives_every_image(
    k: int, bundle: IndexBundle, embeddings: Embeddings
) -> None:
    hits = bundle.search(embeddings.vectors[0], k)
    assert sorted(hits.rows.tolist()) == list(range(120))


def test_a_search_of_several_gives_what_each_alone_gives(
    bundle: IndexBundle, embeddings: Embeddings
) -> None:
    queries = embeddings.vectors[:30] + np.float32(0.01)
    together = bundle.search_each(queries, 7)
    for query, rows, similarities in zip(queries, *together, strict=True):
        alone = bundle.search(query, 7)
        assert alone.rows.tolist() == rows.tolist()
        assert alone.similarities == pytest.approx(similarities, abs=1e-6)


def test_what_a_batch_does_not_find_comes_last(bundle: IndexBundle, embeddings: Embeddings) -> None:
    class Lossy:
        def nearest_of_each(self, queries: np.ndarray, k: int) -> Found:
            return Found(np.array([[-1, 7, -1, 3]]), None)

    lossy = IndexBundle(
        bundle.description, bundle.vectors, cast(Engine, Lossy()), bundle._metadata, None
    )
    hits = lossy.search_each(embeddings.vectors[3:4], 4)
    assert hits.rows.tolist() == [[3, 7, -1, -1]]
    assert hits.similarities[0, 2:].tolist() == [0, 0]


def test_every_image_has_its_thumbnail(bundle: IndexBundle, tiny_images: ImageStore) -> None:
    stored = open_shards(tiny_images.folder)["image"]
    for row in (0, 60, 119):
        data = bundle.thumbnail(row)
        assert data is not None
        original = np.asarray(Image.open(BytesIO(stored[row].as_py())).convert("RGB"), np.int16)
        seen = np.asarray(Image.open(BytesIO(data)).convert("RGB"), np.int16)
        assert seen.shape == original.shape
        assert abs(seen - original).mean() < 30


def test_a_bundle_without_thumbnails_has_none(
    tiny_embeddings: Path, metadata: pa.Table, tmp_path: Path
) -> None:
    write_bundle(
        tmp_path / "index", tiny_embeddings / VECTORS, metadata, "m", IndexParams(engine="exact")
    )
    assert open_bundle(tmp_path / "index", "m").thumbnail(0) is None


@pytest.mark.parametrize("engine", ["exact", "faiss"])
@pytest.mark.parametrize("metric", ["angular", "euclidean", "dot"])
def test_whatever_the_engine_and_its_distance_similarities_are_cosines(
    engine: EngineName,
    metric: Metric,
    tiny_embeddings: Path,
    embeddings: Embeddings,
    metadata: pa.Table,
    tmp_path: Path,
) -> None:
    params = IndexParams(engine=engine, metric=metric)
    write_bundle(tmp_path / "index", tiny_embeddings / VECTORS, metadata, "m", params)
    bundle = open_bundle(tmp_path / "index", "m", verify=True)
    query = embeddings.vectors[3] * np.float32(2)
    hits = bundle.search(query, 10)
    expected = [cosine(query, embeddings.vectors[row]) for row in hits.rows]
    assert hits.similarities.tolist() == pytest.approx(expected, abs=1e-5)
    assert hits.similarities.tolist() == sorted(hits.similarities.tolist(), reverse=True)


# --- what is written -------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_bytes(
    tiny_index: Path,
    tiny_images: ImageStore,
    tiny_embeddings: Path,
    metadata: pa.Table,
    tmp_path: Path,
    tiny_model: Path,
) -> None:
    vectors, params = tiny_embeddings / VECTORS, IndexParams(trees=10, search_k=10_000)
    thumbnails = partial(write_thumbnails, tiny_images, 96, 3)
    model_sha256 = fingerprint(tiny_model)
    write_bundle(tmp_path / "again", vectors, metadata, model_sha256, params, thumbnails)
    for path in tiny_index.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_description_names_what_the_index_was_made_from(
    tiny_index: Path, tiny_embeddings: Path, tiny_model: Path
) -> None:
    description = json.loads((tiny_index / DESCRIPTION).read_text())
    assert description["model_sha256"] == fingerprint(tiny_model)
    assert description["vectors_sha256"] == sha256_of_file(tiny_embeddings / VECTORS)
    assert (description["images"], description["dimension"]) == (120, 16)
    assert (description["trees"], description["search_k"]) == (10, 10_000)


# --- what is refused -------------------------------------------------------------------------


def test_another_model_is_refused_and_both_are_named(
    tiny_index: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(fingerprint(tiny_model)[:12], "abcabcabcabc", "run embed and index again"):
        open_bundle(tiny_index, "abc" * 20 + "abcd")


def test_a_missing_bundle_is_one_line(tmp_path: Path, one_line_error: OneLineError) -> None:
    with one_line_error(f"{tmp_path / DESCRIPTION}: missing; run the index stage first"):
        open_bundle(tmp_path, "m")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_one_line_that_names_both_sides(
    name: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    (copied / name).unlink()
    with one_line_error(f"{copied / name}: missing, but index.json names it", "run dvc pull"):
        open_bundle(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.99])
def test_a_truncated_file_is_one_line_that_names_both_sides(
    name: str, keep: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / name).read_bytes()
    kept = int(len(content) * keep)
    (copied / name).write_bytes(content[:kept])
    with one_line_error(f"{copied / name}: has {kept} bytes, but index.json says {len(content)}"):
        open_bundle(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_description_is_one_line(
    keep: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / DESCRIPTION).read_bytes()
    (copied / DESCRIPTION).write_bytes(content[: int(len(content) * keep)])
    with one_line_error(f"{copied / DESCRIPTION}: is not whole", "index stage again"):
        open_bundle(copied, fingerprint(tiny_model))


def test_a_description_of_another_format_is_one_line(
    copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = json.loads((copied / DESCRIPTION).read_text()) | {"format": 1}
    (copied / DESCRIPTION).write_text(json.dumps(content))
    with one_line_error(f"{copied / DESCRIPTION}: format: Input should be 2", "index stage again"):
        open_bundle(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_bundle_is_refused_though_its_size_is_right(
    name: str, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[::-1])
    with one_line_error(f"{copied / name}: has the fingerprint", "but index.json says"):
        open_bundle(copied, fingerprint(tiny_model))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("where", [0.0, 0.33, 0.999])
def test_a_single_changed_byte_is_noticed_by_verifying(
    name: str, where: float, copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = bytearray((copied / name).read_bytes())
    content[int(len(content) * where)] ^= 1
    (copied / name).write_bytes(content)
    with one_line_error(f"{copied / name}: has the fingerprint", "but index.json says"):
        open_bundle(copied, fingerprint(tiny_model), verify=True)


def test_a_file_in_place_of_the_folder_is_one_line(
    tiny_index: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; run the index stage first"):
        open_bundle(tiny_index / ENGINE, "m" * 64)


def test_a_file_that_describes_more_images_than_there_are_is_refused(
    copied: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    content = json.loads((copied / DESCRIPTION).read_text()) | {"images": 121}
    (copied / DESCRIPTION).write_text(json.dumps(content))
    with one_line_error("121 images promised, but 120 in vectors.npy, 120 in metadata.arrow"):
        open_bundle(copied, fingerprint(tiny_model))
