"""From the spelling of `ingest.source` to the kind of source that it names."""

from pathlib import Path

from lookalike.core.extras import extra
from lookalike.ingest.archive import ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.params import CATALOGUE_FILES, IngestParams
from lookalike.ingest.remote import is_remote
from lookalike.ingest.source import Source

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def open_source(params: IngestParams) -> Source:
    """The source that the parameters name; nothing is read yet."""
    uri, labels = params.source, params.labels
    if _is_stac(uri):
        with extra("stac"):
            from lookalike.ingest.stac.source import StacSource
        return StacSource(uri, params.stac)
    if uri.startswith(("http://", "https://")) or uri.lower().endswith(ARCHIVES):
        return ArchiveSource(uri, labels)
    if is_remote(uri):
        return BucketSource(uri, labels)
    return ArchiveSource(uri, labels) if Path(uri).is_file() else FolderSource(uri, labels)


def _is_stac(source: str) -> bool:
    return source.endswith(".parquet") or any(
        Path(source, name).is_file() for name in CATALOGUE_FILES
    )
