"""What a pin names, as a source of images: an archive, Parquet files, or a folder of any files."""

import os
from collections.abc import Callable
from contextlib import closing
from functools import cache
from typing import IO

from lookalike.core.errors import LookalikeError
from lookalike.images.subset_names import subset_named
from lookalike.ingest.archive import ARCHIVES, ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.local_copy import local_copy
from lookalike.ingest.params import LabelFile
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile
from lookalike.ingest.parquet_images import ParquetSource
from lookalike.ingest.service_files import service_file
from lookalike.ingest.sidecars import sidecar
from lookalike.ingest.source import Source
from lookalike.terminal.listing import some_of

PARQUET = ".parquet"


def open_pinned(address: str, params: LabelFile) -> Source:
    """The source at an address with a commit; its files are listed, and the first may be read.

    Args:
        address: as a pin holds it.
        params: what the columns of labels and splits are called.

    Raises:
        LookalikeError: there is nothing, or it cannot be reached.
    """
    if address.lower().endswith(ARCHIVES):
        return ArchiveSource(address)
    if address.lower().endswith(PARQUET):
        return ParquetSource({address.rpartition("/")[2]: address}, params, _copies())
    folder = BucketSource(address)
    paths = [candidate.path for candidate in folder.candidates()]
    tables = [path for path in paths if path.lower().endswith(PARQUET) and not service_file(path)]
    if not tables or not all(service_file(path) or sidecar(path) for path in paths):
        return folder
    opened = _copies()
    files = {path: f"{address}/{path}" for path in tables}
    try:
        with opened(files[tables[0]]) as first, closing(ParquetFile(first)) as file:
            if file.facts.images is None:
                return folder
    except NotParquetError as error:
        raise LookalikeError(f"ingest.source: {files[tables[0]]}: {error}") from None
    _check_one(address, tables)
    return ParquetSource(files, params, opened)


def _check_one(address: str, tables: list[str]) -> None:
    """Raise LookalikeError where there are several data sets, which the Hub calls configurations.

    Each has a folder then, which its own may lie in by their splits.
    """
    folders = {
        "/".join(name for name in path.split("/")[:-1] if not subset_named(name)) for path in tables
    }
    if len(folders) > 1:
        first = min(filter(None, folders))
        raise LookalikeError(
            f"ingest.source: {address}: holds several data sets, in the folders "
            f"{some_of(sorted(folders))}; pin one of them: {address}/{first}"
        )


def _copies() -> Callable[[str], IO[bytes]]:
    """Opens files of other machines, each of which is copied once, into one without a name."""
    copy = cache(local_copy)
    return lambda place: os.fdopen(os.dup(copy(place).fileno()), "rb")
