"""A service that searches a store, and has no index of its own."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc
import pytest
from pydantic import ValidationError
from tests.serve.conftest import Serving
from tests.serve.test_reloading import until

from lookalike.core.errors import NotReadyError
from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
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
    assert version in about["index"]


def test_a_store_without_a_version_is_one_line(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    with pytest.raises(NotReadyError, match="nothing is published there"):
        create_app(settings(store=f"lancedb:{tmp_path}"))


def test_a_version_that_becomes_current_is_served_from_then_on(
    serving: Serving, tiny_index: Path, tmp_path: Path, digit: bytes
) -> None:
    address = f"lancedb:{tmp_path / 'store'}"
    index = open_index(tiny_index)
    shown = index.metadata.filter(pc.field("label") != "3")
    vectors = index.vectors.values[pc.index_in(shown["id"], index.metadata["id"]).to_numpy()]
    model = index.description.model_sha256
    fewer = build_index(vectors, shown, tmp_path / "fewer", Exact(), model)
    store = store_at(address)
    store.publish(index, {}, 1, rewrite=False)
    with serving(store=address, watch_seconds=0.05) as client:
        store.publish(fewer, {}, 1, rewrite=False)
        until(lambda: client.get("/version").json()["images"] == len(fewer))
        hits = client.post("/predict", files={"file": digit}).json()["hits"]
        assert "3" not in {hit["label"] for hit in hits}


@pytest.mark.parametrize("other", [{"add": True}, {"metadata": "mongodb"}])
def test_a_store_beside_what_changes_the_index_here_is_refused(
    settings: Callable[..., Settings], other: dict[str, object]
) -> None:
    with pytest.raises(ValidationError, match="takes the place of add and metadata"):
        settings(store="lancedb:store", **other)
