"""A bucket, or a prefix in one, as a source of images: S3, Google Cloud Storage, Azure.

A folder of a repository, of the Hugging Face Hub or of DVC, is read in the same way.
"""

from functools import cached_property, partial

from fsspec import AbstractFileSystem

from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets
from lookalike.images.signature import SIGNATURE_BYTES
from lookalike.ingest.reading import DEFAULT, START_BYTES, Allowance, read_stream
from lookalike.ingest.remote import open_remote, read_remote, stream_remote
from lookalike.ingest.retrying import out_of_reach
from lookalike.ingest.source import Candidate, UnreadableError


class BucketSource:
    """Every object below a prefix.

    Credentials, endpoint and region come from where the provider's own tools look for them; for S3
    the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, ...), then `~/.aws`. Where the
    reader of a bucket pays, `AWS_REQUEST_PAYER=requester` says that you do.
    """

    readers = 16
    has_folders = True

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")
        self._name = without_secrets(self._uri)

    def candidates(self) -> list[Candidate]:
        """Every object, sorted by path; see `Source`."""
        filesystem, prefix = self._opened
        try:
            found = filesystem.find(prefix, detail=True)
        except Exception as error:  # every provider raises its own
            raise out_of_reach(f"ingest.source: {self._uri}", error) from None
        sizes = {
            name.removeprefix(prefix).removeprefix("/"): about["size"] or 0
            for name, about in found.items()
            if not name.endswith("/")  # consoles mark folders so
        }
        if not sizes:
            raise LookalikeError(f"ingest.source: {self._name}: holds no files; check the address")
        return [
            Candidate(path, None, f"{self._name}/{path}", size)
            for path, size in sorted(sizes.items())
        ]

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of one object; see `Source`."""
        allowance.check_size(candidate.bytes)
        filesystem, prefix = self._opened
        path, uri = f"{prefix}/{candidate.path}", candidate.uri
        try:
            if candidate.bytes == 0:  # or not known: DVC tells the size of a folder alone
                take = partial(read_stream, allowance=allowance)
                return stream_remote(filesystem, path, uri, take)
            if candidate.bytes > START_BYTES:
                allowance.check_start(read_remote(filesystem, path, uri, end=SIGNATURE_BYTES))
            allowance.charge(candidate.bytes)
            return read_remote(filesystem, path, uri)
        except FileNotFoundError:
            raise UnreadableError("is no longer there") from None

    @cached_property
    def _opened(self) -> tuple[AbstractFileSystem, str]:
        return open_remote(self._uri)
