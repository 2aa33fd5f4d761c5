"""LanceDB in a bucket of a real S3 server."""

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.index.index import Index
from lookalike.publish.addresses import store_at
from lookalike.publish.gallery import StoreGallery
from services.servers import S3Server


@pytest.fixture
def address(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of an empty bucket; the keys are in the environment."""
    s3.make_bucket("published")
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return "s3://published/digits"


def test_versions_are_published_compared_searched_and_removed(
    address: str, seven: Index, nine: Index
) -> None:
    store = store_at(address)
    assert store.publish(seven, {}, 0, rewrite=False).new == 7
    assert store.publish(seven, {}, 0, rewrite=False).new == 0
    replica = StoreGallery(store_at(address).current())
    query = seven.vectors.values[3]
    selected = replica.select("label = 'cat'")
    assert replica.search(query, 3).rows.tolist() == seven.search(query, 3).rows.tolist()
    assert set(replica.search(query, 7, selected).rows.tolist()) == {0, 3, 6}
    assert store.publish(nine, {}, 0, rewrite=False).new == 9
    assert store.verify(nine, {}).images == 9


def test_a_bucket_that_is_not_there_is_one_line_without_the_keys(
    address: str, seven: Index, s3: S3Server
) -> None:
    with pytest.raises(LookalikeError) as caught:
        store_at("s3://nowhere/digits").publish(seven, {}, 0, rewrite=False)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert s3.secret not in line and s3.access_key not in line
