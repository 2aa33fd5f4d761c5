"""What can go wrong between here and the database."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pymongo
import pytest
from pymongo.collection import Collection
from pymongo.database import Database

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.mongodb import publisher
from lookalike.publish.mongodb.database import open_database, server_of
from lookalike.publish.mongodb.documents import Document
from lookalike.publish.mongodb.pointer import current_version
from lookalike.publish.mongodb.publisher import publish
from lookalike.publish.mongodb.verification import verify
from lookalike.publish.version import version_of
from services.servers import Server, start_mongodb

OneLineError = Callable[..., AbstractContextManager[None]]
SECRET = "s3cr3t"
QUICK = "serverSelectionTimeoutMS=500"


def test_without_an_address_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    with one_line_error("MONGODB_URI is not set", "mongodb://user:password@host"), open_database():
        pass


@pytest.mark.parametrize(
    "uri",
    [
        "localhost:27017",
        "http://localhost",
        f"mongodb://me:{SECRET}@host:port/db",
        f"mongodb://me:{SECRET}@@host",
        f"mongodb://me:{SECRET}/x@host",
        f"mongodb://me:12/{SECRET}@host",
        f"mongodb://me:12?w=1&{SECRET}@host",
        f"mongodb://me:[{SECRET}@[host",
        f"mongodb://[{SECRET}",
        f"mongodb://me:{SECRET}@host/db?w=many&tls=perhaps",
    ],
)
def test_what_is_no_address_is_one_line_without_the_secret(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", uri)
    with pytest.raises(LookalikeError) as caught, open_database():
        pass
    assert str(caught.value).startswith("MONGODB_URI: is no address of a MongoDB server")
    assert SECRET not in str(caught.value)


def test_where_no_server_answers_it_is_one_line_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONGODB_URI", f"mongodb://me:{SECRET}@127.0.0.1:1/shop?{QUICK}")
    with pytest.raises(LookalikeError) as caught, open_database() as database:
        current_version(database)
    assert str(caught.value) == (
        "127.0.0.1:1/shop: no MongoDB server answers there; start it, or check MONGODB_URI"
    )


@pytest.mark.parametrize("password", [f"{SECRET}#x", f"x#{SECRET}", f"[{SECRET}"])
def test_a_password_with_marks_of_an_address_is_in_no_message(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", f"mongodb://me:{password}@127.0.0.1:1/shop?{QUICK}")
    with pytest.raises(LookalikeError) as caught, open_database() as database:
        current_version(database)
    assert str(caught.value).startswith("127.0.0.1:1/shop: no MongoDB server answers there")


def test_a_list_of_hosts_is_named_without_user_and_password() -> None:
    assert server_of("mongodb://me:a#b@one,two:7/shop?w=1") == "one:27017,two:7"
    assert server_of("mongodb+srv://me:a#b@cluster.example.org/shop") == "cluster.example.org"


def test_the_address_names_the_database(monkeypatch: pytest.MonkeyPatch, mongodb: Server) -> None:
    for path, name in (("", "lookalike"), ("/shop", "shop")):
        monkeypatch.setenv("MONGODB_URI", f"mongodb://{mongodb.address}{path}")
        with open_database() as database:
            assert database.name == name


def test_only_who_knows_the_password_publishes(
    seven: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_mongodb(tmp_path / "databases", tmp_path / "log")
    with pymongo.MongoClient[Document](f"mongodb://{server.address}") as client:
        roles = [{"role": "readWrite", "db": "shop"}]
        client["shop"].command("createUser", "me", pwd=SECRET, roles=roles)
    server.stop()
    server = start_mongodb(tmp_path / "databases", tmp_path / "log", authenticated=True)
    try:
        refused = {
            f"me:not-{SECRET}@": "the server refuses the user or password in MONGODB_URI",
            "": "the server does not let this user do that",
        }
        for credentials, reason in refused.items():
            uri = f"mongodb://{credentials}{server.address}/shop?{QUICK}"
            monkeypatch.setenv("MONGODB_URI", uri)
            with pytest.raises(LookalikeError) as caught, open_database() as database:
                publish(seven, {}, 2, database)
            assert f"{server.address}/shop: {reason}" in str(caught.value)
            assert SECRET not in str(caught.value)
        monkeypatch.setenv("MONGODB_URI", f"mongodb://me:{SECRET}@{server.address}/shop?{QUICK}")
        with open_database() as database:
            publish(seven, {}, 2, database)
            verify(seven, {}, database)
    finally:
        server.stop()


def test_a_server_that_goes_away_leaves_the_old_version_and_the_next_run_completes(
    seven: Index, nine: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.publish.mongodb.documents.BATCH_DOCUMENTS", 3)
    server = start_mongodb(tmp_path / "databases", tmp_path / "log")
    monkeypatch.setenv("MONGODB_URI", f"mongodb://{server.address}/?{QUICK}")
    upsert = publisher._upsert

    def kill_first(images: Collection[Document], documents: Sequence[Document]) -> tuple[int, int]:
        if documents[0]["row"] == 6:
            server.kill()
        return upsert(images, documents)

    with open_database() as database:
        publish(seven, {}, 2, database)
    monkeypatch.setattr(publisher, "_upsert", kill_first)
    with pytest.raises(LookalikeError) as caught, open_database() as database:
        publish(nine, {}, 2, database)
    assert str(caught.value).startswith(f"{server.address}/lookalike: ")
    assert len(str(caught.value).splitlines()) == 1

    monkeypatch.setattr(publisher, "_upsert", upsert)
    server = start_mongodb(tmp_path / "databases", tmp_path / "log")
    try:
        monkeypatch.setenv("MONGODB_URI", f"mongodb://{server.address}/?{QUICK}")
        with open_database() as database:
            assert current_version(database) == version_of(seven)
            verify(seven, {}, database)
            publish(nine, {}, 2, database, silence=0.1)  # what a killed server lost comes again
            verify(nine, {}, database)
    finally:
        server.stop()


def test_what_the_server_does_not_take_is_one_line(
    database: Database[Document],
    mongodb_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    monkeypatch.setenv("MONGODB_URI", mongodb_uri)
    with one_line_error("the server refuses", "nonsense"), open_database() as opened:
        opened.command("nonsense")


def test_a_column_whose_name_no_document_can_have_is_one_line(
    database: Database[Document],
    mongodb_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    monkeypatch.setenv("MONGODB_URI", mongodb_uri)
    with one_line_error("cannot hold that", "NULL"), open_database() as opened:
        opened[database.name].insert_one({"a\0b": 1})
