from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.source import Source


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("photos", FolderSource),
        ("photos.zip", ArchiveSource),
        ("photos.TAR.GZ", ArchiveSource),
        ("https://example.org/photos", ArchiveSource),
        ("s3://bucket/photos.tgz", ArchiveSource),
        ("s3://bucket/photos", BucketSource),
        ("gs://bucket", BucketSource),
        ("azure://container/photos", BucketSource),
    ],
)
def test_the_spelling_says_which_kind_of_source_it_is(source: str, kind: type[Source]) -> None:
    assert type(open_source(IngestParams(source=source))) is kind


def test_a_file_is_an_archive_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "photos").touch()
    assert type(open_source(IngestParams(source=str(tmp_path / "photos")))) is ArchiveSource


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("gs://bucket/photos", "pip install 'lookalike[gs]'"),
        ("azure://container/photos", "pip install 'lookalike[azure]'"),
        ("gopher://photos", "gopher:// is not known; there are s3://, gs://, azure://"),
        ("hf://datasets/a/b", "pin its revision by lookalike pin 'hf://datasets/a/b' -o"),
        ("dvc://photos?rev=v1#a", "pin its revision by lookalike pin 'dvc://photos?rev=v1#a'"),
    ],
)
def test_a_protocol_that_is_not_there_is_one_line(
    source: str, words: str, one_line_error: Callable[..., AbstractContextManager[None]]
) -> None:
    with one_line_error(source, words):
        open_source(IngestParams(source=source)).candidates()
