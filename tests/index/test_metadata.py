"""What a row of the index is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.index.index import Index
from lookalike.index.metadata import (
    FILE_SCHEMA,
    METADATA_SCHEMA,
    complete_metadata,
    joined_metadata,
    open_metadata_file,
    write_metadata,
)
from lookalike.index.storage import open_index
from lookalike.inference.embeddings import Embeddings, open_embeddings
from lookalike.model.artifact_fingerprint import fingerprint

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_embeddings: Path) -> Embeddings:
    return open_embeddings(tiny_embeddings)


@pytest.fixture(scope="module")
def index(tiny_index: Path, tiny_model: Path) -> Index:
    return open_index(tiny_index, fingerprint(tiny_model))


def test_row_i_is_image_i(index: Index, tiny_images: ImageStore) -> None:
    images = tiny_images.metadata.select(["id", "path", "label"]).to_pylist()
    records = index.records(range(len(index)))
    assert [{key: record[key] for key in images[0]} for record in records] == images


def test_records_come_in_the_order_that_is_asked_for(index: Index) -> None:
    everything = index.records(range(len(index)))
    assert index.records(np.array([7, 3, 7])) == [everything[7], everything[3], everything[7]]


def test_a_record_tells_what_is_known_of_an_image(
    index: Index, embeddings: Embeddings, tiny_source: Path
) -> None:
    record = index.records([0])[0]
    assert list(record) == METADATA_SCHEMA.names
    assert record["source"] == f"{tiny_source}/0/00.png"
    assert record["predicted_label"] == embeddings.rows["predicted_label"][0].as_py()
    assert (record["width"], record["height"]) == (8, 8)


def test_an_image_has_its_subset_of_the_split(
    index: Index, tiny_images: ImageStore, tiny_split: Path
) -> None:
    for image in read_split(tiny_split, tiny_images):
        assert index.records([image.row])[0]["split"] == image.split


def test_an_image_outside_the_split_is_indexed_all_the_same(
    tiny_images: ImageStore, tiny_split: Path, embeddings: Embeddings
) -> None:
    images = tiny_images.metadata
    some = read_split(tiny_split, tiny_images)[:2]
    subsets = joined_metadata(images, embeddings, some)["split"].to_pylist()
    assert len(subsets) == 120
    assert sum(subset is not None for subset in subsets) == 2


def test_embeddings_of_other_images_are_refused(
    tiny_images: ImageStore, embeddings: Embeddings, one_line_error: OneLineError
) -> None:
    swapped = embeddings._replace(rows=embeddings.rows.take([1, 0, *range(2, 120)]))
    with one_line_error("the embeddings are not of these images; run the embed stage again"):
        joined_metadata(tiny_images.metadata, swapped, [])


def test_embeddings_of_fewer_images_are_refused(
    tiny_images: ImageStore, embeddings: Embeddings, one_line_error: OneLineError
) -> None:
    fewer = embeddings._replace(rows=embeddings.rows.slice(0, 119))
    with one_line_error("the embeddings are not of these images"):
        joined_metadata(tiny_images.metadata, fewer, [])


# --- metadata of one's own ---------------------------------------------------------------------

PLAIN = pa.table(
    {
        "id": ["a", "b"],
        "path": ["a.png", "b.png"],
        "source": ["x/a.png", "x/b.png"],
        "width": [1, 2],
        "height": [3, 4],
        "owner": ["me", "you"],
    }
)
LENGTHS = np.ones(2, np.float32)


def test_what_can_be_null_may_be_missing() -> None:
    table = complete_metadata(PLAIN.drop_columns(["owner"]), LENGTHS)
    assert table.schema == FILE_SCHEMA
    assert table["label"].null_count == table["split"].null_count == 2


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["me", None], ["me", None]),
        (pa.array([1, 2], pa.uint8()), [1, 2]),
        (pa.array([0.5, None], pa.float32()), [0.5, None]),
        ([True, False], ["true", "false"]),
        ([["a", "b"], None], [["a", "b"], None]),
    ],
)
def test_further_columns_are_kept_through_the_file(
    values: Any, kept: list[Any], tmp_path: Path
) -> None:
    table = complete_metadata(PLAIN.set_column(5, "owner", [values]), LENGTHS)
    write_metadata(table, tmp_path / "metadata.arrow")
    assert open_metadata_file(tmp_path / "metadata.arrow")["owner"].to_pylist() == kept


def test_further_columns_of_other_types_are_left_out() -> None:
    odd = PLAIN.set_column(5, "owner", [[{"name": "me"}, {"name": "you"}]])
    assert complete_metadata(odd, LENGTHS).schema == FILE_SCHEMA


def test_what_an_image_store_alone_knows_is_left_out(tiny_images: ImageStore) -> None:
    table = complete_metadata(tiny_images.metadata, np.ones(len(tiny_images), np.float32))
    assert table.schema == FILE_SCHEMA


def test_a_file_with_a_column_of_another_type_is_refused(tmp_path: Path) -> None:
    table = complete_metadata(PLAIN, LENGTHS)
    with pa.ipc.new_file(tmp_path / "metadata.arrow", table.schema) as whole:
        whole.write_table(table)
    assert open_metadata_file(tmp_path / "metadata.arrow")["owner"].to_pylist() == ["me", "you"]
    wrong = table.append_column("taken", pa.array([None, None], pa.timestamp("s")))
    with pa.ipc.new_file(tmp_path / "wrong.arrow", wrong.schema) as whole:
        whole.write_table(wrong)
    with pytest.raises(ValueError, match="other columns"):
        open_metadata_file(tmp_path / "wrong.arrow")


@pytest.mark.parametrize("name", ["id", "path", "source", "width", "height"])
def test_what_cannot_be_null_may_not_be_missing(name: str, one_line_error: OneLineError) -> None:
    with one_line_error(f"metadata: lacks the columns {name}"):
        complete_metadata(PLAIN.drop_columns([name]), LENGTHS)


def test_two_images_of_one_id_are_refused(one_line_error: OneLineError) -> None:
    twice = PLAIN.set_column(0, "id", [["a", "a"]])
    with one_line_error("metadata: 2 images, but 1 different ids"):
        complete_metadata(twice, LENGTHS)


def test_a_column_of_another_type_is_refused(one_line_error: OneLineError) -> None:
    wrong = PLAIN.set_column(3, "width", [["wide", "wider"]])
    with one_line_error("metadata: "):
        complete_metadata(wrong, LENGTHS)


def test_a_missing_value_that_must_be_there_is_refused(one_line_error: OneLineError) -> None:
    holes = PLAIN.set_column(1, "path", [["a.png", None]])
    with one_line_error("metadata: ", "path"):
        complete_metadata(holes, LENGTHS)
