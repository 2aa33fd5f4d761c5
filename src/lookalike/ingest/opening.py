"""From the spelling of `ingest.source` to the kind of source that it names."""

from lookalike.ingest.folder import FolderSource
from lookalike.ingest.params import IngestParams
from lookalike.ingest.source import Source


def open_source(params: IngestParams) -> Source:
    """The source that the parameters name; nothing is read yet."""
    return FolderSource(params.source, params.labels)
