"""From the spelling of `ingest.source` to the kind of source that it names."""

from pathlib import Path

from lookalike.core.extras import extra
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.params import CATALOGUE_FILES, IngestParams
from lookalike.ingest.source import Source


def open_source(params: IngestParams) -> Source:
    """The source that the parameters name; nothing is read yet."""
    if _is_stac(params.source):
        with extra("stac"):
            from lookalike.ingest.stac import StacSource
        return StacSource(params.source, params.stac)
    return FolderSource(params.source, params.labels)


def _is_stac(source: str) -> bool:
    return source.endswith(".parquet") or any(
        Path(source, name).is_file() for name in CATALOGUE_FILES
    )
