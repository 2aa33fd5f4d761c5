import os
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO

import pytest
from s3fs import S3FileSystem

from lookalike.core.errors import LookalikeError
from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.local_copy import BLOCK_BYTES
from lookalike.ingest.read_ahead import read_ahead
from lookalike.ingest.reading import START_BYTES
from lookalike.ingest.source import Candidate, UnreadableError
from services.servers import S3Server

from .unreliable import unreliable

PNG = b"\x89PNG\r\n\x1a\n"
OneLineError = Callable[..., AbstractContextManager[None]]

OBJECTS = {
    "photos/cat/1.png": b"one",
    "photos/cat/deep/2 é.png": b"two" * 1000,
    "photos/dog/3.png": b"three",
    "photos-of-others/4.png": b"four",
}


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket with objects, and credentials for it in the environment."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()  # they keep the credentials that they began with
    s3.make_bucket("ingest")
    for key, data in OBJECTS.items():
        s3.client().put_object(Bucket="ingest", Key=key, Body=data)
    return "s3://ingest"


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_object_below_the_prefix_is_a_candidate(bucket: str, slash: str) -> None:
    found = BucketSource(f"{bucket}/photos{slash}").candidates()
    assert found == [
        Candidate("cat/1.png", None, f"{bucket}/photos/cat/1.png", 3),
        Candidate("cat/deep/2 é.png", None, f"{bucket}/photos/cat/deep/2 é.png", 3000),
        Candidate("dog/3.png", None, f"{bucket}/photos/dog/3.png", 5),
    ]


def test_a_bucket_may_be_the_source(bucket: str) -> None:
    found = [candidate.path for candidate in BucketSource(bucket).candidates()]
    assert found == sorted(OBJECTS)


def test_objects_are_read_by_many_threads(bucket: str) -> None:
    source = BucketSource(bucket)
    files = read_ahead(source, source.candidates() * 20)
    assert [file.data for file in files] == [OBJECTS[name] for name in sorted(OBJECTS)] * 20


def test_an_object_that_is_larger_than_its_first_look_is_read(bucket: str, s3: S3Server) -> None:
    large = PNG + os.urandom(START_BYTES)
    s3.make_bucket("large")
    s3.client().put_object(Bucket="large", Key="photos/1.png", Body=large)
    source = BucketSource("s3://large/photos")
    assert [source.read(candidate) for candidate in source.candidates()] == [large]


def test_an_archive_of_several_blocks_is_read(bucket: str, s3: S3Server) -> None:
    archive, images = BytesIO(), [PNG + os.urandom(BLOCK_BYTES // 2) for _ in range(3)]
    with zipfile.ZipFile(archive, "w") as file:
        for number, image in enumerate(images):
            file.writestr(f"{number}.png", image)
    s3.make_bucket("large")
    s3.client().put_object(Bucket="large", Key="photos.zip", Body=archive.getvalue())
    source = ArchiveSource("s3://large/photos.zip")
    assert [source.read(candidate) for candidate in source.candidates()] == images


def test_throttled_and_broken_off_requests_are_tried_again(
    bucket: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unreliable(s3.address) as between:
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.endpoint)
        source = BucketSource(bucket)
        files = list(read_ahead(source, source.candidates() * 5))
    assert [file.data for file in files] == [OBJECTS[name] for name in sorted(OBJECTS)] * 5
    assert between.throttled > 3
    assert between.broken_off > 3


def test_an_object_that_has_gone_is_refused_alone(bucket: str) -> None:
    source = BucketSource(bucket)
    with pytest.raises(UnreadableError, match="is no longer there"):
        source.read(Candidate("photos/gone.png", None, f"{bucket}/photos/gone.png"))


def test_a_wrong_secret_is_one_line_without_it(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    with pytest.raises(LookalikeError) as caught:
        BucketSource(f"{bucket}/photos").candidates()
    line = str(caught.value)
    assert line.startswith("ingest.source: s3://ingest/photos: ")
    assert "check the credentials" in line
    assert "a-wrong-secret" not in line
    assert len(line.splitlines()) == 1


def test_no_credentials_at_all_are_one_line(
    bucket: str, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with one_line_error("ingest.source: s3://ingest/photos", "check the credentials"):
        BucketSource(f"{bucket}/photos").candidates()


def test_a_missing_bucket_is_one_line(bucket: str, one_line_error: OneLineError) -> None:
    with one_line_error("ingest.source: s3://nowhere/photos", "there is no such bucket"):
        BucketSource("s3://nowhere/photos").candidates()


def test_an_empty_prefix_is_one_line(bucket: str, one_line_error: OneLineError) -> None:
    with one_line_error(f"ingest.source: {bucket}/photo: holds no files"):
        BucketSource(f"{bucket}/photo").candidates()


@pytest.mark.full
def test_a_server_that_is_not_there_is_one_line(
    bucket: str, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with one_line_error("ingest.source: s3://ingest/photos", "run again"):
        BucketSource(f"{bucket}/photos").candidates()
