"""LanceDB in a bucket of a real S3 server."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.index.index import Index
from lookalike.publish.addresses import store_at
from lookalike.publish.gallery import StoreGallery
from services.servers import S3Server, start_s3

OneLineError = Callable[..., AbstractContextManager[None]]


def test_versions_are_published_compared_searched_and_removed(
    bucket_address: str, seven: Index, nine: Index
) -> None:
    store = store_at(bucket_address)
    assert store.publish(seven, {}, 0, rewrite=False).new == 7
    assert store.publish(seven, {}, 0, rewrite=False).new == 0
    replica = StoreGallery(store_at(bucket_address).current())
    query = seven.vectors.values[3]
    selected = replica.select("label = 'cat'")
    assert replica.search(query, 3).rows.tolist() == seven.search(query, 3).rows.tolist()
    assert set(replica.search(query, 7, selected).rows.tolist()) == {0, 3, 6}
    assert store.publish(nine, {}, 0, rewrite=False).new == 9
    assert store.verify(nine, {}).images == 9


@pytest.mark.usefixtures("bucket_address")
def test_a_bucket_that_is_not_there_and_wrong_keys_are_one_line(
    seven: Index, one_line_error: OneLineError, monkeypatch: pytest.MonkeyPatch
) -> None:
    with one_line_error("s3://nowhere/digits: there is no such bucket"):
        store_at("s3://nowhere/digits").publish(seven, {}, 0, rewrite=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with one_line_error("s3://published/digits: the server refuses AWS_ACCESS_KEY_ID"):
        store_at("s3://published/digits").current()


@pytest.mark.full
def test_a_server_that_is_killed_and_started_again_has_the_version_before(
    tmp_path: Path,
    seven: Index,
    nine: Index,
    one_line_error: OneLineError,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start() -> S3Server:
        server = start_s3(tmp_path / "buckets", tmp_path / "log")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        return server

    server = start()
    server.make_bucket("published")
    store_at("s3://published/digits").publish(seven, {}, 1, rewrite=False)
    server.kill()
    with one_line_error("no S3 server answers there"):
        store_at("s3://published/digits").publish(nine, {}, 1, rewrite=False)
    server = start()
    try:
        store = store_at("s3://published/digits")
        store.verify(seven, {})
        store.publish(nine, {}, 1, rewrite=False)
        store.verify(nine, {})
    finally:
        server.stop()
