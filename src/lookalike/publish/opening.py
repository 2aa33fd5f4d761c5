"""Searching in what is published; no client of a database is needed where nobody asks for it."""

from pathlib import Path

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import DataError
from lookalike.core.extras import extra
from lookalike.core.layout import EXPORT
from lookalike.images.untrusted import decode_untrusted
from lookalike.inference.runtimes.choice import model_fingerprint, open_runtime
from lookalike.publish.addresses import open_store, store_at
from lookalike.publish.gallery import StoreGallery
from lookalike.search.encoding import Decode
from lookalike.search.searcher import Searcher


def with_published_metadata(searcher: Searcher) -> Searcher:
    """One that tells of images what the database tells that MONGODB_URI names.

    Raises:
        LookalikeError: pymongo is missing, another version is current, or no server answers.
    """
    with extra("mongodb"):
        from lookalike.publish.mongodb.metadata import PublishedMetadata

    return searcher.with_records(PublishedMetadata(searcher.index).records)


def current_version(store: str) -> str:
    """The version of a store that is current, and which time it was written.

    Raises:
        LookalikeError: there is none, or the store cannot be asked.
    """
    with open_store(store) as opened:
        return opened.current().about.table.removeprefix("images_")


def open_store_searcher(
    model: Path, store: str, runtime: RuntimeChoice = "auto", decode: Decode = decode_untrusted
) -> Searcher:
    """Open a model, and search the current version of a store by it.

    Args:
        model: the folder of the model; it may be missing where its export is beside it.
        store: the address.
        runtime: see `open_searcher`.
        decode: how files are decoded.

    Raises:
        LookalikeError: the version is of another model, or the store cannot be asked.
    """
    exported = model.with_name(EXPORT)
    fingerprint = model_fingerprint(model, exported)
    gallery = StoreGallery(store_at(store).current())
    published = gallery.version.about.model_sha256
    if published != fingerprint:
        raise DataError(
            f"{store}: is of the model {published!s:.12}, but the model here is "
            f"{fingerprint:.12}; pull the one that was published, or publish"
        )
    built = gallery.version.about.numerics
    return Searcher(open_runtime(model, fingerprint, exported, built, runtime), gallery, decode)
