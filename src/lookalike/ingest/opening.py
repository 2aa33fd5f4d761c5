"""From the spelling of `ingest.source` to the kind of source that it names."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lookalike.core.extras import extra
from lookalike.ingest.archive import ARCHIVES, ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.listed import ListedSource
from lookalike.ingest.params import CATALOGUE_FILES, IngestParams
from lookalike.ingest.parquet_images import ParquetSource
from lookalike.ingest.pinned import open_pinned
from lookalike.ingest.pins import SUFFIX, check_watchable, read_pin
from lookalike.ingest.remote import is_remote
from lookalike.ingest.service_files import service_file
from lookalike.ingest.sidecars import sidecar
from lookalike.ingest.source import Source
from lookalike.ingest.tables import READERS, image_column

TABLES = tuple(f".{kind}" for kind in READERS)


def open_source(params: IngestParams, root: Path = Path()) -> Source:
    """The source that the parameters name; nothing is read yet.

    Args:
        params: what it is called, and how it is read.
        root: the project's folder, which a relative path is relative to; what is recorded of images
            is spelled as in the parameters.
    """
    uri = params.source
    if uri.endswith(SUFFIX):
        return open_pinned(read_pin(uri, root), params.label_file)
    check_watchable(uri)
    if _is_stac(uri, root):
        with extra("stac"):
            from lookalike.ingest.stac.source import StacSource
        return StacSource(uri, params.stac, root)
    if uri.startswith(("http://", "https://")) or uri.lower().endswith(ARCHIVES):
        return ArchiveSource(uri, root)
    if is_remote(uri):
        return BucketSource(uri)
    if files := _parquet_files(uri, root):
        return ParquetSource(files, params.label_file, lambda file: (root / file).open("rb"))
    if not (root / uri).is_file():
        return FolderSource(uri, root)
    if uri.lower().endswith(TABLES):
        return ListedSource(uri, params.label_file, root)
    return ArchiveSource(uri, root)


def _parquet_files(uri: str, root: Path) -> dict[str, str]:
    """The Parquet files with images that a source is, or that a folder has beside documents.

    By their names in the folder: where they are.
    """
    place = root / uri
    files = [place]
    if place.is_dir():
        files = sorted([*place.glob("*.parquet"), *place.glob("data/*.parquet")])
    if not files or not _holds_images(files[0]):
        return {}
    others = (path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    if place.is_dir() and not all(service_file(path) or sidecar(path) for path in others):
        return {}
    if not place.is_dir():
        return {place.name: uri}
    names = (path.relative_to(place).as_posix() for path in files)
    return {name: Path(uri, name).as_posix() for name in names}


def _holds_images(file: Path) -> bool:
    try:
        return file.suffix.lower() == ".parquet" and image_column(pq.read_schema(file)) is not None
    except (OSError, pa.ArrowException):
        return False


def _is_stac(uri: str, root: Path) -> bool:
    """True for a catalog's folder, and for a Parquet file unless it has columns of another kind."""
    if not uri.lower().endswith(".parquet"):
        return any((root / uri / name).is_file() for name in CATALOGUE_FILES)
    try:
        return "assets" in pq.read_schema(root / uri).names
    except (OSError, pa.ArrowException):
        return True
