"""`lookalike publish` on a project."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pymongo.database import Database

from lookalike.core.errors import DataError
from lookalike.core.layout import Layout
from lookalike.index.storage import open_index
from lookalike.publish.addresses import store_at
from lookalike.publish.command import plan_publishing, publish_index, verify_index
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.opening import open_store_searcher
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def project(
    tmp_path: Path,
    tiny_model: Path,
    tiny_index: Path,
    database: Database[Document],
    mongodb_uri: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A project with a model, an index and metrics, and an address to publish to."""
    shutil.copy(REPOSITORY / "params.yaml", tmp_path)
    shutil.copytree(tiny_index, tmp_path / "models" / "index")
    (tmp_path / "models" / "model").symlink_to(tiny_model)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "index.json").write_text('{"recall_at_10": 0.5}')
    uri = urlsplit(mongodb_uri)._replace(path=f"/{database.name}")
    monkeypatch.setenv("MONGODB_URI", uri.geturl())
    return tmp_path


def test_a_project_is_published_and_compared(project: Path, database: Database[Document]) -> None:
    first, again, same = (
        publish_index(Layout(project)),
        publish_index(Layout(project)),
        verify_index(Layout(project)),
    )
    version = first.split()[1]
    assert first.endswith("120 images, 120 new, 0 changed")
    assert again.endswith("120 images, 0 new, 0 changed")
    assert same.startswith(f"version {version} is current in {database.name} and the same")
    stored = database["indexes"].find_one() or {}
    assert stored["metrics"] == {"index": {"recall_at_10": 0.5}}
    description = json.loads((project / "models" / "index" / "index.json").read_text())
    assert stored["model_sha256"] == description["model_sha256"]


def test_what_publishing_would_do_is_one_line(project: Path, database: Database[Document]) -> None:
    before = plan_publishing(Layout(project))
    assert database.list_collection_names() == []
    version = publish_index(Layout(project)).split()[1]
    would = f"version {version} would become current in {database.name}: 120 images, 120 to write"
    assert before == would
    assert plan_publishing(Layout(project)) == (
        f"version {version} is current in {database.name}: 120 images, 0 to write"
    )
    database["indexes"].insert_one({"_id": "left"})
    assert plan_publishing(Layout(project), rewrite=True).endswith(
        "120 images, 120 to write; would remove left"
    )


def test_a_damaged_index_is_not_published(
    project: Path, database: Database[Document], one_line_error: OneLineError
) -> None:
    path = project / "models" / "index" / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with one_line_error("vectors.npy: has the fingerprint", "but index.json says"):
        publish_index(Layout(project))
    assert database.list_collection_names() == []


def test_an_index_of_another_model_is_not_published(
    project: Path, database: Database[Document], one_line_error: OneLineError
) -> None:
    path = project / "models" / "index" / "index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_sha256": "b" * 64}))
    with one_line_error("was built with the model bbbbbbbbbbbb"):
        publish_index(Layout(project))
    assert database.list_collection_names() == []


def test_what_is_published_is_searched_without_an_index(
    project: Path, tiny_model: Path, tiny_index: Path, tiny_source: Path
) -> None:
    address = f"lancedb:{project / 'store'}"
    assert publish_index(Layout(project), address).endswith("120 images, 120 new, 0 changed")
    assert verify_index(Layout(project), address).endswith(", recall@10 1.000")
    image = tiny_source / "3/03.png"
    where, queries = "label != '3'", [image, image]
    published = open_store_searcher(tiny_model, address)
    here = open_searcher(tiny_model, tiny_index)
    assert published.search(image, 3).to_dict() == here.search(image, 3).to_dict()
    for ours, theirs in zip(
        published.search_many(queries, 3, where), here.search_many(queries, 3, where), strict=True
    ):
        assert ours.to_dict() == theirs.to_dict()
        assert ours.thumbnail(ours.hits[0]) == theirs.thumbnail(theirs.hits[0])


def test_a_store_of_another_model_is_not_searched(
    project: Path, tiny_model: Path, tiny_index: Path
) -> None:
    index = open_index(tiny_index)
    index.description = index.description.model_copy(update={"model_sha256": "b" * 64})
    address = f"lancedb:{project / 'store'}"
    store_at(address).publish(index, {}, 0, rewrite=False)
    with pytest.raises(DataError, match="is of the model bbbbbbbbbbbb, but the model here is"):
        open_store_searcher(tiny_model, address)


def test_mongodb_is_not_searched_where_the_server_has_no_vector_search(
    project: Path, tiny_model: Path, one_line_error: OneLineError
) -> None:
    publish_index(Layout(project))
    with one_line_error("the server has no vector search", "--metadata mongodb"):
        open_store_searcher(tiny_model, "mongodb")
