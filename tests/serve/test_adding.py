"""Images added to a running service, and removed from it."""

import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from tests.serve.conftest import Serving

from lookalike.fresh.fresh_images import FreshImages
from lookalike.search.searcher import open_searcher

TOKEN = {"Authorization": "Bearer secret"}


@pytest.fixture(scope="module")
def image(encoded: Callable[..., bytes]) -> bytes:
    """An image that is not indexed."""
    return encoded(np.arange(60 * 40, dtype=np.uint8).reshape(40, 60))


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return tmp_path / "images.sqlite"


@pytest.fixture
def adding(serving: Serving, fresh: Path) -> Iterator[httpx.Client]:
    """A client that may add to a service of its own."""
    with serving(token="secret", add=True, fresh=fresh) as client:
        client.headers.update(TOKEN)
        yield client


def nearest(client: httpx.Client, image: bytes) -> dict[str, object]:
    answer = client.post("/predict", files={"file": image}, data={"k": "1"})
    hit: dict[str, object] = answer.json()["hits"][0]
    return hit


def test_an_uploaded_image_is_found_shown_and_counted_until_it_is_removed(
    adding: httpx.Client, image: bytes
) -> None:
    id = hashlib.sha256(image).hexdigest()
    answer = adding.post("/images", files={"file": ("new.png", image)}, data={"label": "plain"})
    assert answer.json() == {"images": [{"id": id, "path": "new.png", "outcome": "added"}]}
    hit = nearest(adding, image)
    assert (hit["id"], hit["path"], hit["label"]) == (id, "new.png", "plain")
    assert adding.get(f"/images/{id}").content == image
    thumbnail = adding.get(f"/images/{id}/thumbnail").content
    assert Image.open(BytesIO(thumbnail)).size == (60, 40)
    assert adding.get(f"/images/{id}/metadata").json()["width"] == 60
    assert {"label": "plain", "images": 1} in adding.get("/labels").json()["labels"]
    again = adding.post("/images", files={"file": ("again.png", image)})
    assert again.json()["images"][0]["outcome"] == "known"
    assert adding.delete(f"/images/{id}").status_code == 204
    assert nearest(adding, image)["id"] != id
    assert adding.get(f"/images/{id}").status_code == 404
    assert adding.delete(f"/images/{id}").status_code == 404


def test_an_indexed_image_is_not_added_and_can_be_removed_and_restored(
    adding: httpx.Client, digit: bytes
) -> None:
    id = hashlib.sha256(digit).hexdigest()
    add = {"file": ("three.png", digit)}
    assert adding.post("/images", files=add).json()["images"][0]["outcome"] == "indexed"
    assert adding.delete(f"/images/{id}").status_code == 204
    assert nearest(adding, digit)["id"] != id
    assert adding.get(f"/images/{id}/thumbnail").status_code == 404
    assert adding.post("/images", files=add).json()["images"][0]["outcome"] == "restored"
    assert nearest(adding, digit)["id"] == id


def test_the_service_sees_what_others_add(
    adding: httpx.Client,
    fresh: Path,
    image: bytes,
    tiny_model: Path,
    tiny_index: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "new.png").write_bytes(image)
    other = FreshImages(fresh, open_searcher(tiny_model, tiny_index))
    list(other.add([tmp_path / "new.png"]))
    assert nearest(adding, image)["path"] == str(tmp_path / "new.png")
    adding.delete(f"/images/{hashlib.sha256(image).hexdigest()}")
    assert len(other.searcher.gallery) == 120


def test_one_file_that_is_no_image_and_none_is_added(adding: httpx.Client, image: bytes) -> None:
    files = [("file", ("new.png", image)), ("file", ("text.png", b"text"))]
    answer = adding.post("/images", files=files)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("text.png: cannot be added")
    assert nearest(adding, image)["path"] != "new.png"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": {"label": "cat"}, "files": {"other": b"a"}}, 422),
        ({"files": {"file": b""}}, 422),
        ({"files": {"file": b"a"}, "data": {"label": "x" * 2000}}, 400),
        ({"files": [("file", b"a")] * 40}, 400),
        ({"json": {"file": "a"}}, 415),
    ],
)
def test_what_is_no_such_form_is_refused(
    options: dict[str, object], status: int, adding: httpx.Client
) -> None:
    answer = adding.request("POST", "/images", **options)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("options", [{}, {"token": "secret"}, {"add": True}])
def test_nobody_changes_what_a_service_finds_unless_it_allows_that_and_has_a_token(
    options: dict[str, object], serving: Serving, digit: bytes
) -> None:
    with serving(**options) as client:
        assert client.post("/images", files={"file": digit}, headers=TOKEN).status_code == 403
        id = hashlib.sha256(digit).hexdigest()
        assert client.delete(f"/images/{id}", headers=TOKEN).status_code == 403
        assert client.get(f"/images/{id}", headers=TOKEN).status_code == 200


def test_without_the_token_nothing_is_added(adding: httpx.Client, image: bytes) -> None:
    files = {"file": image}
    answer = adding.post("/images", files=files, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
