"""From vectors to hits: what a gallery has that is most like a query."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lookalike.core.errors import QueryError
from lookalike.index.index import Hits
from lookalike.search.encoding import EncodedQuery
from lookalike.search.results import Hit, SearchResult
from lookalike.search.searchable import Searchable

if TYPE_CHECKING:
    from lookalike.search.filters import Filter


class Criteria(NamedTuple):
    """Which images are hits, and how many; see `Searcher.search`.

    Attributes:
        k: how many hits.
        selected: which images may be hits, in the gallery's own form; None: all images.
        min_similarity: leave out hits that are less similar, a cosine.
        exclude_query: leave out the query's own examples.
    """

    k: int
    selected: Any
    min_similarity: float | None
    exclude_query: bool

    @classmethod
    def checked(
        cls,
        gallery: Searchable,
        k: int,
        where: "Filter | None",
        min_similarity: float | None,
        exclude_query: bool,
    ) -> "Criteria":
        """The criteria of a search; its filter is applied to the gallery.

        Raises:
            QueryError: k is less than 1, or the filter is wrong.
        """
        if k < 1:
            raise QueryError(f"k = {k}: ask for at least 1 neighbor")
        selected = None if where is None else gallery.select(where)
        return cls(k, selected, min_similarity, exclude_query)


def answers(
    queries: list[EncodedQuery],
    gallery: Searchable,
    criteria: Criteria,
    thumbnail: Callable[[str], bytes | None],
) -> Iterator[SearchResult]:
    """The result of each query.

    Args:
        queries: any number.
        gallery: what is searched.
        criteria: of all queries.
        thumbnail: a small picture of an image, by its id.
    """
    if not queries:
        return
    k, selected, min_similarity, exclude_query = criteria
    excluded = [set(query.rows) if exclude_query else set() for query in queries]
    found = _found(queries, gallery, k + max(map(len, excluded)), selected)
    for query, without, rows, similarities in zip(queries, excluded, *found, strict=True):
        kept = [
            (row, similarity)
            for row, similarity in zip(rows.tolist(), similarities.tolist(), strict=True)
            if row not in without and (min_similarity is None or similarity >= min_similarity)
        ]
        hits = _hits(gallery, kept[:k])
        yield SearchResult(query.name, query.predictions, hits, query.pictures, thumbnail)


def _found(queries: list[EncodedQuery], gallery: Searchable, k: int, selected: Any) -> Hits:
    if len(queries) == 1:  # some engines answer one at less cost
        rows, similarities = gallery.search(queries[0].vector, k, selected)
        return Hits(rows[None], similarities[None])
    return gallery.search_many(np.stack([query.vector for query in queries]), k, selected)


def _hits(gallery: Searchable, found: list[tuple[int, float]]) -> list[Hit]:
    """With everything that is known of the images, taken from the table in one go."""
    records = gallery.records([row for row, _ in found])
    known = set(Hit._fields)
    return [
        Hit(
            similarity=round(similarity, 6),
            further={name: record.pop(name) for name in list(record) if name not in known},
            **record,
        )
        for record, (_, similarity) in zip(records, found, strict=True)
    ]
