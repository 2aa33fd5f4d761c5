"""A service that searches a store, and has no index of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.serve.conftest import Serving

from lookalike.core.errors import NotReadyError
from lookalike.index.storage import open_index
from lookalike.publish.addresses import store_at
from lookalike.serve.app import create_app
from lookalike.serve.settings import Settings


def test_it_answers_as_a_service_of_the_index_does(
    serving: Serving, tiny_index: Path, tmp_path: Path, digit: bytes
) -> None:
    address = f"lancedb:{tmp_path / 'store'}"
    index = open_index(tiny_index)
    version = store_at(address).publish(index, {}, 0, rewrite=False).version
    asked = {"files": {"file": digit}, "data": {"k": "3", "where": "label != '3'"}}
    with serving() as client:
        expected = client.post("/predict", **asked).json()["hits"]
        labels = client.get("/labels").json()
    with serving(store=address, index=tmp_path / "none") as client:
        assert client.post("/predict", **asked).json()["hits"] == expected
        assert client.get("/labels").json() == labels
        hit = expected[0]["id"]
        assert client.get(f"/images/{hit}/metadata").json()["path"] == expected[0]["path"]
        assert client.get(f"/images/{hit}/thumbnail").content == index.thumbnail(
            index.ids.index(hit)
        )
        assert client.get(f"/images/{hit}").status_code == 404
        assert client.get("/projection").status_code == 503
        about = client.get("/version").json()
    assert (about["engine"], about["images"]) == ("lancedb", len(index))
    assert about["index"].startswith(version)


def test_a_store_without_a_version_is_one_line(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    with pytest.raises(NotReadyError, match="nothing is published there"):
        create_app(settings(store=f"lancedb:{tmp_path}"))


def test_another_version_that_becomes_current_is_noticed(
    settings: Callable[..., Settings], tiny_index: Path, tmp_path: Path
) -> None:
    chosen = settings(store=f"lancedb:{tmp_path / 'store'}")
    store = store_at(f"lancedb:{tmp_path / 'store'}")
    store.publish(open_index(tiny_index), {}, 0, rewrite=False)
    before = chosen.source.state()
    assert chosen.source.state() == before
    store.publish(open_index(tiny_index), {}, 0, rewrite=True)
    assert chosen.source.state() != before


@pytest.mark.parametrize("other", [{"add": True}, {"metadata": "mongodb"}])
def test_a_store_beside_what_changes_the_index_here_is_refused(
    settings: Callable[..., Settings], other: dict[str, object]
) -> None:
    with pytest.raises(ValidationError, match="takes the place of add and metadata"):
        settings(store="lancedb:store", **other)
