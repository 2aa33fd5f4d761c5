"""Searching with the metadata that are published, without pymongo where nobody asks for them."""

from lookalike.core.extras import extra
from lookalike.search.searcher import Searcher


def with_published_metadata(searcher: Searcher) -> Searcher:
    """One that tells of images what the database tells that MONGODB_URI names.

    Raises:
        LookalikeError: pymongo is missing, another version is current, or no server answers.
    """
    with extra("mongodb"):
        from lookalike.publish.mongodb.metadata import PublishedMetadata

    return searcher.with_records(PublishedMetadata(searcher.index).records)
