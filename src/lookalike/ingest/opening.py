"""From the spelling of `ingest.source` to the kind of source that it names."""

from contextlib import closing
from pathlib import Path

from lookalike.core.extras import extra
from lookalike.core.regular_file import open_regular
from lookalike.ingest.archive import ARCHIVES, ArchiveSource
from lookalike.ingest.bucket import BucketSource
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.listed import ListedSource
from lookalike.ingest.params import CATALOGUE_FILES, IngestParams
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile
from lookalike.ingest.parquet_images import ParquetSource
from lookalike.ingest.parquet_reader import Facts
from lookalike.ingest.pinned import open_pinned
from lookalike.ingest.pins import SUFFIX, check_watchable, read_pin
from lookalike.ingest.remote import is_remote
from lookalike.ingest.service_files import service_file
from lookalike.ingest.sidecars import sidecar
from lookalike.ingest.source import Source
from lookalike.ingest.tables import READERS

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
    facts = _parquet_facts(root / uri)
    if _is_stac(uri, root, facts):
        with extra("stac"):
            from lookalike.ingest.stac.source import StacSource
        return StacSource(uri, params.stac, root)
    if uri.startswith(("http://", "https://")) or uri.lower().endswith(ARCHIVES):
        return ArchiveSource(uri, root)
    if is_remote(uri):
        return BucketSource(uri)
    if files := _parquet_files(uri, root, facts):
        return ParquetSource(files, params.label_file, lambda file: open_regular(root / file))
    if not (root / uri).is_file():
        return FolderSource(uri, root)
    if uri.lower().endswith(TABLES):
        return ListedSource(uri, params.label_file, root)
    return ArchiveSource(uri, root)


def _parquet_files(uri: str, root: Path, facts: Facts | None) -> dict[str, str]:
    """The Parquet files with images that a source is, or that a folder has beside documents.

    By their names in the folder: where they are.
    """
    place = root / uri
    if not place.is_dir():
        return {place.name: uri} if _holds_images(facts) else {}
    files = sorted([*place.glob("*.parquet"), *place.glob("data/*.parquet")])
    others = (path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    if not files or not all(service_file(path) or sidecar(path) for path in others):
        return {}
    if not _holds_images(_parquet_facts(files[0])):
        return {}
    names = (path.relative_to(place).as_posix() for path in files)
    return {name: Path(uri, name).as_posix() for name in names}


def _holds_images(facts: Facts | None) -> bool:
    return facts is not None and facts.images is not None


def _is_stac(uri: str, root: Path, facts: Facts | None) -> bool:
    """True for a catalog's folder, and for a Parquet file unless it has columns of another kind."""
    if not uri.lower().endswith(".parquet"):
        return any((root / uri / name).is_file() for name in CATALOGUE_FILES)
    return facts is None or "assets" in facts.columns


def _parquet_facts(path: Path) -> Facts | None:
    """None where it is not called so, or cannot be read: whoever reads all of it says why."""
    if path.suffix.lower() != ".parquet":
        return None
    try:
        with open_regular(path) as opened, closing(ParquetFile(opened)) as file:
            return file.facts
    except (OSError, NotParquetError):
        return None
