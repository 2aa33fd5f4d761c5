"""Does the database hold what the index holds?"""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pyarrow as pa
import pytest
from pymongo.database import Database

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.version import version_of

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def published(seven: Index, database: Database[Document]) -> Database[Document]:
    publish(seven, {}, 2, database)
    return database


def test_what_was_published_is_the_same(
    seven: Index, nine: Index, published: Database[Document]
) -> None:
    same = verify(seven, {}, published)
    assert (same.version, same.images) == (version_of(seven), 7)
    publish(nine, {}, 2, published)
    assert verify(nine, {}, published).digest != same.digest


def test_nothing_published_is_named(
    seven: Index, database: Database[Document], one_line_error: OneLineError
) -> None:
    with one_line_error("current is nothing", "7 images missing", "and 2 more"):
        verify(seven, {}, database)


def test_another_current_version_is_named(
    seven: Index,
    nine: Index,
    published: Database[Document],
    one_line_error: OneLineError,
) -> None:
    publish(nine, {}, 2, published)
    with one_line_error(f"is not version {version_of(seven)}", f"current is {version_of(nine)}"):
        verify(seven, {}, published)


def test_every_difference_is_named(
    seven: Index, published: Database[Document], one_line_error: OneLineError
) -> None:
    images, version = published["images"], version_of(seven)
    images.delete_one({"row": 2})
    images.insert_one({"_id": f"{version}/zzz", "version": version, "path": "z.png"})
    images.update_one({"row": 5}, {"$set": {"predicted_label": "dog"}})
    published["indexes"].update_one({}, {"$set": {"model_sha256": "other"}})
    with one_line_error(
        "1 images missing ('00002.png')",
        "1 images too many ('z.png')",
        "1 images different ('00005.png')",
        "indexes differs in 'model_sha256'",
        "in the database",
    ):
        verify(seven, {}, published)


def test_a_single_bit_of_a_vector_is_noticed(
    seven: Index, published: Database[Document], one_line_error: OneLineError
) -> None:
    stored = published["images"].find_one({"row": 4}) or {}
    vector = bytearray(stored["embedding"])
    vector[-1] ^= 1
    damaged = type(stored["embedding"])(bytes(vector), stored["embedding"].subtype)
    published["images"].update_one({"row": 4}, {"$set": {"embedding": damaged}})
    with one_line_error("1 images different ('00004.png')"):
        verify(seven, {}, published)


def test_what_is_no_number_is_the_same_in_index_and_database(
    make_index: Callable[..., Index], database: Database[Document]
) -> None:
    index = make_index(7, seed=5)
    scores = pa.array([float("nan"), 1.0, None, 3.0, -0.0, float("inf"), 6.0])
    index.metadata = index.metadata.append_column("score", scores)
    publish(index, {}, 2, database)
    assert verify(index, {}, database).images == 7
    database["images"].update_one({"row": 0}, {"$set": {"score": None}})
    with pytest.raises(LookalikeError, match="1 images different"):
        verify(index, {}, database)


def test_other_versions_do_not_count(
    seven: Index, nine: Index, published: Database[Document]
) -> None:
    publish(nine, {}, 2, published)
    publish(seven, {}, 2, published)
    assert verify(seven, {}, published).images == 7
