"""`lookalike publish --dry-run`: what publishing would do, in every kind of store."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from pymongo.database import Database
from tests.publish.stores import lancedb_at, tables

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.addresses import store_at
from lookalike.publish.mongodb import documents
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.pointer import Claim
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.store import Store
from lookalike.publish.version import version_of

FORK = multiprocessing.get_context("fork")


@pytest.fixture(params=["mongodb", "lancedb", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty store of each kind."""
    if request.param == "lancedb":
        return f"lancedb:{tmp_path / 'store'}"
    if request.param == "postgresql":
        address: str = request.getfixturevalue("database_address")
        return address
    database, uri = (request.getfixturevalue(name) for name in ("database", "mongodb_uri"))
    monkeypatch.setenv("MONGODB_URI", f"{uri}/{database.name}")
    return "mongodb"


@pytest.fixture
def everything(place: str, request: pytest.FixtureRequest) -> Callable[[], dict[str, Any]]:
    """All that is in the store."""

    def mongodb() -> dict[str, Any]:
        database: Database[Document] = request.getfixturevalue("database")
        return {name: list(database[name].find()) for name in database.list_collection_names()}

    def lancedb() -> dict[str, Any]:
        folder = Path(place.removeprefix("lancedb:"))
        return {str(path): path.is_file() and path.read_bytes() for path in folder.rglob("*")}

    def postgresql() -> dict[str, Any]:
        with psycopg.connect(place) as connection:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'lookalike'"
            names = [name for (name,) in connection.execute(query)]
            query = "SELECT extname FROM pg_extension"
            found: dict[str, Any] = {"extensions": connection.execute(query).fetchall()}
            for name in names:
                found[name] = connection.execute(f"SELECT * FROM lookalike.{name}").fetchall()
        return found

    kinds = {"mongodb": mongodb, "lancedb:": lancedb, "postgres": postgresql}
    return kinds[place[:8]] if place != "mongodb" else mongodb


def held(store: Store, index: Index, everything: Callable[[], Any], rewrite: bool = False) -> None:
    """A plan changes nothing, and what publishing then does is what the plan says."""
    before = everything()
    plan = store.plan(index, 1, rewrite)
    assert everything() == before
    done = store.publish(index, {}, 1, rewrite)
    assert (plan.version, plan.images, plan.removed) == (done.version, done.new, done.removed)
    assert store.plan(index, 1, False) == (done.version, 0, [], True)


def test_what_is_told_is_what_publishing_then_does(
    place: str,
    seven: Index,
    nine: Index,
    make_index: Callable[..., Index],
    everything: Callable[[], Any],
) -> None:
    store, third = store_at(place), make_index(4, seed=2)
    held(store, seven, everything)
    held(store, seven, everything)
    held(store, nine, everything)
    assert not store.plan(third, 1, False).is_current
    assert store.plan(third, 1, False).removed == [version_of(seven)]
    held(store, third, everything)
    held(store, nine, everything)
    assert store.plan(nine, 0, False).removed == [version_of(third)]


def test_a_rewrite_would_write_every_image(
    place: str, seven: Index, everything: Callable[[], Any]
) -> None:
    store = store_at(place)
    store.publish(seven, {}, 1, rewrite=False)
    before = everything()
    assert store.plan(seven, 1, rewrite=True) == (version_of(seven), 7, [], True)
    assert everything() == before


def test_an_image_that_was_removed_would_be_written(
    place: str, seven: Index, everything: Callable[[], Any], request: pytest.FixtureRequest
) -> None:
    store = store_at(place)
    store.publish(seven, {}, 1, rewrite=False)
    if place == "mongodb":
        request.getfixturevalue("database")["images"].delete_one({"row": 2})
    elif place.startswith("lancedb"):
        with lancedb_at(place) as database:
            database.open_table(*tables(place)).delete("row = 2")
    else:
        with psycopg.connect(place) as connection:
            connection.execute(f"DELETE FROM lookalike.{tables(place)[0]} WHERE row = 2")
    held(store, seven, everything)


def test_after_a_killed_publish_what_is_missing_would_be_written(
    database: Database[Document],
    mongodb_uri: str,
    make_index: Callable[..., Index],
    seven: Index,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONGODB_URI", f"{mongodb_uri}/{database.name}")
    index, store = make_index(9, seed=3), store_at("mongodb")
    store.publish(seven, {}, 1, rewrite=False)

    def killed() -> None:
        documents.BATCH_DOCUMENTS = 5
        Claim.beat = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
        store_at("mongodb").publish(index, {}, 1, rewrite=False)

    process = FORK.Process(target=killed)
    process.start()
    process.join()
    assert process.exitcode == -9
    plan = store.plan(index, 1, rewrite=False)
    assert plan == (version_of(index), 4, [], False)
    assert store.plan(seven, 1, rewrite=False) == (version_of(seven), 0, [version_of(index)], True)
    done = publish(index, {}, 1, database, silence=0.1)
    assert (done.version, done.new, done.removed) == plan[:3]


def test_where_publishing_would_fail_a_dry_run_fails_by_the_same_line(
    tmp_path: Path,
    seven: Index,
    make_index: Callable[..., Index],
    database_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=300")
    (tmp_path / "file").write_text("no folder")
    with lancedb_at(f"lancedb:{tmp_path / 'theirs'}") as theirs:
        theirs.create_table("current", pa.table({"id": [1, 2]}))
    nul = make_index(3, seed=8)
    labels = nul.metadata.schema.get_field_index("label")
    nul.metadata = nul.metadata.set_column(labels, "label", [["a", "b\0c", None]])
    for address, index in (
        ("mongodb", seven),
        ("postgresql://127.0.0.1:1/x", seven),
        (database_address.replace("/lookalike-test", "/nowhere"), seven),
        (database_address, nul),
        (f"lancedb:{tmp_path / 'file'}", seven),
        (f"lancedb:{tmp_path / 'theirs'}", seven),
    ):
        store = store_at(address)
        lines = []
        plan, publishing = partial(store.plan, index, 1), partial(store.publish, index, {}, 1)
        for ask in (plan, publishing):
            with pytest.raises(LookalikeError) as caught:
                ask(rewrite=False)
            lines.append(str(caught.value))
        assert lines[0] == lines[1]
        assert len(lines[0].splitlines()) == 1
