"""What can go wrong between here and PostgreSQL."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import psycopg
import pytest

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.addresses import store_at
from lookalike.publish.postgresql.store import PostgresqlStore
from services.servers import Server, start_postgresql

OneLineError = Callable[..., AbstractContextManager[None]]
SECRET = "s3cr3t"


def test_where_no_server_answers_it_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with one_line_error(f"postgresql://127.0.0.1:{port}/x: no PostgreSQL server answers there"):
        store_at(f"postgresql://127.0.0.1:{port}/x").current()


def test_a_database_that_is_not_there_is_one_line(
    postgresql: Server, one_line_error: OneLineError
) -> None:
    with one_line_error("there is no such database or user"):
        store_at(postgresql.address.replace("/postgres?", "/nowhere?")).current()


def test_who_may_only_read_searches_but_does_not_publish(
    database_address: str, seven: Index, one_line_error: OneLineError
) -> None:
    store_at(database_address).publish(seven, {}, 0, rewrite=False)
    with psycopg.connect(database_address, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{SECRET}'")
        connection.execute("GRANT USAGE ON SCHEMA lookalike TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA lookalike TO reader")
    reader = PostgresqlStore(database_address.replace("postgres:@", "reader@"))
    assert reader.verify(seven, {}).images == 7
    with one_line_error("the server does not let this user do that"):
        reader.publish(seven, {}, 0, rewrite=True)
    reader.close()
    with psycopg.connect(database_address, autocommit=True) as connection:
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")


def test_a_text_that_postgresql_cannot_hold_is_named(
    database_address: str, make_index: Callable[..., Index], one_line_error: OneLineError
) -> None:
    index = make_index(3, seed=8)
    labels = index.metadata.schema.get_field_index("label")
    index.metadata = index.metadata.set_column(labels, "label", [["a", "b\0c", None]])
    with one_line_error("label: has a text with the character NUL"):
        store_at(database_address).publish(index, {}, 0, rewrite=False)
    with one_line_error("nothing is published there"):
        store_at(database_address).current()


@pytest.mark.full
def test_a_server_that_is_killed_and_started_again_has_the_version_before(
    seven: Index, nine: Index, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("postgresql") / "data"
    server = start_postgresql(folder)
    store = store_at(server.address)
    store.publish(seven, {}, 1, rewrite=False)
    server.kill()
    with pytest.raises(LookalikeError) as caught:
        store.publish(nine, {}, 1, rewrite=False)
    assert len(str(caught.value).splitlines()) == 1
    server = start_postgresql(folder)
    try:
        store = store_at(server.address)
        store.verify(seven, {})
        store.publish(nine, {}, 1, rewrite=False)
        store.verify(nine, {})
    finally:
        server.stop()
