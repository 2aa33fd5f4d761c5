"""What looks like this? From the outputs alone: a model and an index built with it."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import DataError, NotReadyError, QueryError
from lookalike.core.layout import EXPORT
from lookalike.images.untrusted import decode_untrusted
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint, open_runtime
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.search.answering import Criteria, answers
from lookalike.search.encoding import Decode, EncodedQuery, PreparedQuery, QueryEncoder
from lookalike.search.gallery import Gallery, Records
from lookalike.search.queries import Query
from lookalike.search.results import SearchResult
from lookalike.search.searchable import Searchable
from lookalike.search.segment import Segment

if TYPE_CHECKING:
    from lookalike.search.filters import Filter

QUERIES_AT_ONCE = 32


class Searcher:
    """Answers queries.

    Example:
        >>> searcher = open_searcher("models/model", "models/index")
        >>> searcher.search("photo.jpg", k=5, where="label = 'cat'").hits[0].path

    Args:
        model: the model.
        gallery: all images that can be found, by vectors of that model.
        decode: how files are decoded.

    Attributes:
        gallery: see above.
        model: what the model is.
        decode: see above.

    Raises:
        DataError: model and gallery are of embeddings of different sizes.
    """

    def __init__(
        self, model: Runtime, gallery: Searchable, decode: Decode = decode_untrusted
    ) -> None:
        if model.dimension != gallery.embedding_dimension:
            raise DataError(
                f"the index is of embeddings of {gallery.embedding_dimension} numbers, but the "
                f"model gives {model.dimension}; run embed and index again, or pull both together"
            )
        self.gallery = gallery
        self.model = model.description
        self.decode = decode
        self._runtime = model
        self._encoder = QueryEncoder(model, gallery, decode)

    @property
    def index(self) -> Index:
        """The index on this machine.

        Raises:
            NotReadyError: what is searched is a store elsewhere.
        """
        return self._local.index

    def with_segment(self, segment: Segment | None) -> "Searcher":
        """One of the same model and index, with another segment; this one stays as it is."""
        return Searcher(self._runtime, self._local.with_segment(segment), self.decode)

    def with_records(self, records: Records) -> "Searcher":
        """One of the same model and index that knows of images what `records` gives."""
        return Searcher(self._runtime, self._local.with_records(records), self.decode)

    def search(
        self,
        query: Query,
        k: int = 10,
        where: "Filter | None" = None,
        min_similarity: float | None = None,
        exclude_query: bool = False,
    ) -> SearchResult:
        """Find the `k` indexed images most like the query; fewer where fewer match.

        Args:
            query: a path, encoded bytes, an open binary file, an image on the web (`Url`), a PIL
                image, a NumPy vector `[d]` as the model gives it, an indexed image (`ById`), a
                `Text`, a list of these, or `Like` with examples to be unlike.
            k: how many hits.
            where: which images may be hits, as in `"label = 'cat'"`; see `filters`.
            min_similarity: leave out hits that are less similar, a cosine.
            exclude_query: leave out the query's own examples: what was given by its id, and files
                of which the very bytes are indexed.

        Raises:
            QueryError: the query is no image, vector or id of this index, or an argument is wrong.
        """
        (result,) = self.search_many([query], k, where, min_similarity, exclude_query)
        return result

    def search_many(
        self,
        queries: Iterable[Query],
        k: int = 10,
        where: "Filter | None" = None,
        min_similarity: float | None = None,
        exclude_query: bool = False,
    ) -> Iterator[SearchResult]:
        """As `search`, for any number of queries, one result each; embedded 32 at once.

        The queries may be a stream: 32 are taken when the first of their results is asked for.
        """
        return map(_answered, self.search_each(queries, k, where, min_similarity, exclude_query))

    def search_each(
        self,
        queries: Iterable[Query],
        k: int = 10,
        where: "Filter | None" = None,
        min_similarity: float | None = None,
        exclude_query: bool = False,
    ) -> Iterator[SearchResult | QueryError]:
        """As `search_many`, but a query that cannot be answered gives its error in its place.

        Raises:
            QueryError: an argument is wrong, so that no query can be answered.
        """
        criteria = Criteria.checked(self.gallery, k, where, min_similarity, exclude_query)
        return self._results(queries, criteria)

    def prepare(self, query: Query) -> PreparedQuery:
        """Read and decode a query: `search` in three steps, of which a server batches the second.

        Raises:
            QueryError: the query is no image, vector or id of this index.
        """
        return self._encoder.prepare(query)

    def prepare_pixels(self, pixels: np.ndarray) -> PreparedQuery:
        """As `prepare`, for an image that is preprocessed, `[channels, height, width]`.

        Raises:
            QueryError: the network takes another size, or other values.
        """
        return self._encoder.prepare_pixels(pixels)

    def encode(self, queries: Sequence[PreparedQuery]) -> list[EncodedQuery]:
        """Embed prepared queries, all at once."""
        return self._encoder.encode(queries)

    def answer(
        self,
        query: EncodedQuery,
        k: int = 10,
        where: "Filter | None" = None,
        min_similarity: float | None = None,
        exclude_query: bool = False,
    ) -> SearchResult:
        """Find what is most like an embedded query; see `search`.

        Raises:
            QueryError: an argument is wrong.
        """
        criteria = Criteria.checked(self.gallery, k, where, min_similarity, exclude_query)
        (result,) = answers([query], self.gallery, criteria, self.thumbnail)
        return result

    def thumbnail(self, image_id: str) -> bytes | None:
        """A small picture of an indexed image, WebP; None where there is none.

        Raises:
            QueryError: no image of this id is indexed.
        """
        row = self.gallery.row_of(image_id)
        if row is None:
            raise QueryError(f"{image_id}: no image of this id is indexed")
        return self.gallery.thumbnail(row)

    @property
    def _local(self) -> Gallery:
        if not isinstance(self.gallery, Gallery):
            raise NotReadyError("the index is in a store: this needs one on this machine")
        return self.gallery

    def _results(
        self, queries: Iterable[Query], criteria: Criteria
    ) -> Iterator[SearchResult | QueryError]:
        waiting = iter(queries)
        while block := list(islice(waiting, QUERIES_AT_ONCE)):
            prepared = [self._prepared(query) for query in block]
            encoded = self.encode([query for query in prepared if isinstance(query, PreparedQuery)])
            answered = answers(encoded, self.gallery, criteria, self.thumbnail)
            yield from (q if isinstance(q, QueryError) else next(answered) for q in prepared)

    def _prepared(self, query: Query) -> PreparedQuery | QueryError:
        try:
            return self.prepare(query)
        except QueryError as error:
            return error


def _answered(found: SearchResult | QueryError) -> SearchResult:
    if isinstance(found, QueryError):
        raise found
    return found


def open_searcher(
    model: str | PathLike[str],
    index: str | PathLike[str],
    verify: bool = False,
    runtime: RuntimeChoice = "auto",
    export: str | PathLike[str] | None = None,
    decode: Decode = decode_untrusted,
) -> Searcher:
    """Open a model artifact and the index that was built with it.

    Six parameters, of which most callers leave out the last four.

    Args:
        model: the folder of the model; it may be missing where its export is there.
        index: the folder of the index.
        verify: hash every byte of the index (see `open_index`).
        runtime: what computes the queries' embeddings; `auto`: for an index in fp32 ONNX Runtime
            where the model is exported, which needs no torch and starts faster, else torch; for
            another one, the engine that computed it.
        export: the folder of the exported model; None: `export` beside the model.
        decode: how files are decoded, by default within bounds in time and memory; a server has
            processes of its own for it.

    Raises:
        LookalikeError: one of them is missing or broken, or they do not belong together.
    """
    model = Path(model)
    exported = model.with_name(EXPORT) if export is None else Path(export)
    model_sha256 = model_fingerprint(model, exported)
    opened = open_index(index, model_sha256, verify)
    built = opened.description.numerics
    runtime_of_model = open_runtime(model, model_sha256, exported, built, runtime)
    return Searcher(runtime_of_model, Gallery(opened), decode)
