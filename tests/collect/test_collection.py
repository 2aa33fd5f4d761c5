"""What is kept of users' images: in a real folder and on a real S3 server."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.collect.collection import Collection
from lookalike.collect.hard_negatives import HardNegative
from lookalike.core.errors import ConfigError, DataError, QueryError
from services.servers import S3Server

OneLineError = Callable[..., AbstractContextManager[None]]
IMAGE = b"the bytes of an image"
ID = hashlib.sha256(IMAGE).hexdigest()
A, B = "a" * 64, "b" * 64  # indexed images


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return str(tmp_path / "new" / "collected")
    s3: S3Server = request.getfixturevalue("s3")
    bucket = tmp_path.name.strip("_").replace("_", "-").replace("[", "").replace("]", "")
    s3.make_bucket(bucket)
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{bucket}/some/prefix"


def test_an_image_is_kept_once_and_the_last_correction_counts(address: str) -> None:
    collection = Collection(address)
    assert collection.keep(ID, IMAGE, {"id": ID, "model": "a"})
    assert not collection.keep(ID, IMAGE, {"id": ID, "model": "b"})
    collection.correct(ID, "cat", {"model": "a"})
    collection.correct(ID, "Katze 猫", {"model": "a"})
    assert Collection(address).corrections() == {ID: "Katze 猫"}


def test_an_image_that_was_not_collected_cannot_be_corrected(
    address: str, one_line_error: OneLineError
) -> None:
    with one_line_error(ID, "was collected", kind=QueryError):
        Collection(address).correct(ID, "cat", {})
    assert Collection(address).corrections() == {}


def test_pairs_that_are_not_alike_are_kept_once(address: str) -> None:
    collection = Collection(address)
    collection.keep(ID, IMAGE, {"id": ID})
    for _ in range(2):
        collection.add_hard_negative(HardNegative(ID, A), {"model": "a"}, indexed=False)
    collection.add_hard_negative(HardNegative(B, A), {"model": "a"}, indexed=True)
    assert Collection(address).hard_negatives() == sorted([HardNegative(ID, A), HardNegative(B, A)])
    assert Collection(address).corrections() == {}


def test_of_an_image_that_was_not_collected_nobody_says_what_is_unlike_it(
    address: str, one_line_error: OneLineError
) -> None:
    with one_line_error(ID, "was collected", kind=QueryError):
        Collection(address).add_hard_negative(HardNegative(ID, A), {}, indexed=False)
    assert Collection(address).hard_negatives() == []


def test_images_lie_apart_from_what_is_known_of_them(tmp_path: Path) -> None:
    Collection(str(tmp_path)).keep(ID, IMAGE, {"id": ID})
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {f"images/{ID}", f"records/{ID}.json"}
    assert (tmp_path / "images" / ID).read_bytes() == IMAGE
    assert json.loads((tmp_path / "records" / f"{ID}.json").read_text()) == {"id": ID}


def test_an_image_without_room_for_its_record_is_not_kept(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    collection = Collection(str(tmp_path))
    (tmp_path / "records").write_text("a file in the way of a folder")
    with one_line_error(str(tmp_path), "cannot be used"):
        collection.keep(ID, IMAGE, {})
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("kind", ["corrections", "hard_negatives"])
@pytest.mark.parametrize("content", ["[]", "{}", "not JSON"])
def test_what_is_damaged_is_named(
    kind: str, content: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / kind).mkdir()
    (tmp_path / kind / f"{ID}.json").write_text(content)
    with one_line_error(f"{kind}/{ID}.json", "remove it", kind=DataError):
        getattr(Collection(str(tmp_path)), kind)()


def test_an_address_of_no_known_kind_is_refused_without_its_password() -> None:
    with pytest.raises(ConfigError, match=r"^ftp://example\.org: ") as caught:
        Collection("ftp://user:password@example.org")
    assert "password" not in str(caught.value)
