"""Images of users who consent are kept, with what the model said and what is right."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.serve.conftest import Serving

from lookalike.serve.command import serve
from lookalike.serve.settings import Settings

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("collecting") / "collected"


@pytest.fixture(scope="module")
def collecting(serving: Serving, folder: Path) -> Iterator[httpx.Client]:
    with serving(token="secret", collect=str(folder), collect_max_bytes=5000) as client:
        client.headers.update(TOKEN)
        yield client


@pytest.fixture
def another_digit(tiny_source: Path) -> bytes:
    """An image that no test gives away."""
    return (tiny_source / "4/04.png").read_bytes()


def is_kept(folder: Path, image: bytes) -> bool:
    return any(id_of(image) in path.name for path in folder.rglob("*"))


def id_of(image: bytes) -> str:
    return hashlib.sha256(image).hexdigest()


def search(client: httpx.Client, image: bytes, **data: str) -> dict[str, Any]:
    answer = client.post("/predict", files={"file": image}, data=data)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def failures(client: httpx.Client) -> float:
    [line] = re.findall(
        r'^lookalike_collected_images_total{outcome="failed"} (.*)$',
        client.get("/metrics").text,
        re.MULTILINE,
    )
    return float(line)


def test_an_image_is_kept_with_its_prediction_and_its_correction(
    collecting: httpx.Client, folder: Path, digit: bytes
) -> None:
    id = id_of(digit)
    answer = search(collecting, digit, collect="true")
    assert answer["collected"] == [{"id": id, "outcome": "accepted"}]
    corrected = collecting.post("/corrections", json={"id": id, "label": "three"})
    assert corrected.status_code == 204, corrected.text
    version = collecting.get("/version").json()
    served = {name: version[name] for name in ("model", "index", "revision")}
    assert (folder / "images" / id).read_bytes() == digit
    record = json.loads((folder / "records" / f"{id}.json").read_text())
    assert record == {"id": id, "predictions": answer["predictions"], **served}
    correction = json.loads((folder / "corrections" / f"{id}.json").read_text())
    assert correction == {"id": id, "label": "three", **served}


def test_a_hit_that_is_not_like_a_kept_or_an_indexed_image_is_a_hard_negative(
    collecting: httpx.Client, folder: Path, digit: bytes, tiny_source: Path
) -> None:
    id, indexed = id_of(digit + b"end"), id_of(digit)
    another = id_of((tiny_source / "5/05.png").read_bytes())
    search(collecting, digit + b"end", collect="true")
    version = collecting.get("/version").json()
    served = {name: version[name] for name in ("model", "index", "revision")}
    for query, hit in ((id, indexed), (indexed, another)):
        said = collecting.post("/hard-negatives", json={"query": query, "hit": hit})
        assert said.status_code == 204, said.text
        [kept] = (folder / "hard_negatives").glob(f"{query}-*")
        assert json.loads(kept.read_text()) == {"query": query, "hit": hit, **served}


def test_a_hard_negative_of_images_that_nobody_knows_is_refused(
    collecting: httpx.Client, digit: bytes
) -> None:
    unknown, indexed = "0" * 64, id_of(digit)
    for query, hit in ((unknown, indexed), (indexed, unknown)):
        said = collecting.post("/hard-negatives", json={"query": query, "hit": hit})
        assert said.status_code == 404
        assert unknown in said.json()["error"]["message"]
    assert collecting.post("/hard-negatives", json={"query": "../x", "hit": "y"}).status_code == 422


def test_the_version_says_whether_images_are_kept(
    collecting: httpx.Client, client: httpx.Client
) -> None:
    assert collecting.get("/version").json()["collects"] is True
    assert client.get("/version").json()["collects"] is False


@pytest.mark.parametrize("data", [{}, {"collect": "false"}])
def test_without_consent_nothing_is_kept(
    data: dict[str, str], collecting: httpx.Client, folder: Path, another_digit: bytes
) -> None:
    assert "collected" not in search(collecting, another_digit, **data)
    correction = {"id": id_of(another_digit), "label": "four"}
    assert collecting.post("/corrections", json=correction).status_code == 404
    assert not is_kept(folder, another_digit)


def test_of_a_search_by_id_there_is_nothing_to_keep(
    collecting: httpx.Client, folder: Path, another_digit: bytes
) -> None:
    answer = collecting.post("/predict", json={"id": id_of(another_digit), "collect": True})
    assert answer.json()["collected"] == []
    assert not is_kept(folder, another_digit)


def test_an_image_that_is_too_large_is_searched_for_and_not_kept(
    collecting: httpx.Client, folder: Path, encoded: Callable[..., bytes]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    image = encoded(noise)
    answer = search(collecting, image, collect="true")
    assert answer["hits"]
    assert answer["collected"][0]["outcome"] == "too large"
    assert not is_kept(folder, image)


def test_more_images_than_a_minute_may_bring_are_searched_for_and_not_kept(
    serving: Serving, tmp_path: Path, tiny_source: Path
) -> None:
    images = [path.read_bytes() for path in sorted(tiny_source.glob("1/*.png"))[:3]]
    with serving(token="secret", collect=str(tmp_path), collect_per_minute=2) as client:
        client.headers.update(TOKEN)
        files = [("file", image) for image in images]
        answer = client.post("/predict", files=files, data={"collect": "true"}).json()
        assert [each["outcome"] for each in answer["collected"]] == [
            "accepted",
            "accepted",
            "too many",
        ]
        one_more = client.post("/corrections", json={"id": id_of(images[0]), "label": "one"})
        assert one_more.status_code == 429
    kept = {path.name for path in (tmp_path / "images").iterdir()}
    assert kept == {id_of(image) for image in images[:2]}


def test_a_store_that_fails_fails_no_search_and_is_counted(
    serving: Serving, tmp_path: Path, digit: bytes
) -> None:
    (tmp_path / "records").write_text("in the way")
    with serving(token="secret", collect=str(tmp_path)) as client:
        client.headers.update(TOKEN)
        before = failures(client)
        assert search(client, digit, collect="true")["hits"]
        correction = client.post("/corrections", json={"id": id_of(digit), "label": "three"})
        assert correction.status_code == 404
        assert failures(client) == before + 1
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize(
    "body",
    [
        {"id": "../../etc/passwd", "label": "a"},
        {"id": "0" * 64, "label": ""},
        {"id": "0" * 64, "label": "a\nb"},
        {"id": "0" * 64, "label": "a" * 201},
        {"id": "0" * 64},
        {"id": "0" * 64, "label": "a", "path": "b"},
    ],
)
def test_what_is_no_correction_is_refused(body: dict[str, str], collecting: httpx.Client) -> None:
    answer = collecting.post("/corrections", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("options", [{}, {"token": "secret"}])
def test_a_service_that_keeps_no_images_says_so(
    options: dict[str, str], serving: Serving, digit: bytes
) -> None:
    with serving(**options) as client:
        client.headers.update(TOKEN)
        asked = client.post("/predict", files={"file": digit}, data={"collect": "true"})
        assert asked.status_code == 403
        correction = client.post("/corrections", json={"id": id_of(digit), "label": "three"})
        assert correction.status_code == 403
        pair = {"query": id_of(digit), "hit": id_of(digit)}
        assert client.post("/hard-negatives", json=pair).status_code == 403


def test_without_a_token_no_service_collects(
    settings: Callable[..., Settings], tmp_path: Path, one_line_error: Callable[..., Any]
) -> None:
    folder = tmp_path / "collected"
    with one_line_error("serve.collect", "LOOKALIKE_TOKEN"):
        serve(settings(collect=str(folder), port=0))
    assert not folder.exists()
