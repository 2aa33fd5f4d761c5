"""Images added to an index and removed from it, found at once; the index itself stays as it is."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple

from lookalike.core.errors import DataError, QueryError
from lookalike.fresh.describing import Named, described, predicted_label, read, refusal
from lookalike.fresh.store import Store
from lookalike.search.download import Url
from lookalike.search.encoding import EncodedQuery, PreparedQuery
from lookalike.search.gallery import rows_of
from lookalike.search.searcher import Searcher
from lookalike.terminal.printable import printable
from lookalike.terminal.progress import say

AT_ONCE = 32

# indexed: the index has it; known: it was added before; restored: it had been removed
Outcome = Literal["added", "indexed", "known", "restored"]


class Added(NamedTuple):
    """What became of an image; its id is the sha256 of its file."""

    id: str
    path: str
    outcome: Outcome


class Pruned(NamedTuple):
    """How many images and removals were dropped, and how many images were embedded anew."""

    images: int
    removals: int
    embedded: int


class FreshImages:
    """What `lookalike add` adds and removes; several processes may do so at once.

    Example:
        >>> fresh = open_project(".").fresh()
        >>> [added.outcome for added in fresh.add(["new.jpg"], label="cat")]
        ['added']
        >>> fresh.searcher.search("photo.jpg").hits

    Args:
        path: the file that keeps them; it need not be there.
        searcher: of the model and the index.
    """

    def __init__(self, path: str | PathLike[str], searcher: Searcher) -> None:
        self._store = Store(Path(path))
        self._of_index = searcher
        self._searcher = searcher
        self._token: str | None = None
        self._lock = Lock()

    @property
    def searcher(self) -> Searcher:
        """Finds what is there now, whoever added or removed it."""
        with self._lock:
            if (token := self._store.token()) != self._token:
                dimension = self._of_index.index.description.dimension
                contents = self._store.contents(self._model, dimension)
                if contents.stale:
                    say(
                        f"{self._store.path}: {contents.stale} images were embedded with another "
                        "model, and are not found until: lookalike add --prune"
                    )
                self._searcher = self._of_index.with_segment(contents.segment)
                self._token = token
            return self._searcher

    def add(
        self, files: Iterable[str | PathLike[str] | Url], label: str | None = None
    ) -> Iterator[Added | QueryError]:
        """Add image files; what cannot be added gives its error in its place.

        Args:
            files: paths, or images on the web; 32 are embedded at once.
            label: theirs; those that were added before get it, too.

        Raises:
            LookalikeError: there would be too many, the file cannot be written, or the label has
                control characters.
        """
        self.refresh()
        waiting = iter(files)
        while block := list(islice(waiting, AT_ONCE)):
            images = [read(file) for file in block]
            outcomes = self.outcomes([each for each in images if isinstance(each, Named)])
            refused: dict[str, QueryError] = {}
            prepared: dict[str, tuple[Named, PreparedQuery]] = {}
            for image in (each for each in images if isinstance(each, Named)):
                if outcomes[image.id] == "added" and image.id not in prepared:
                    try:
                        prepared[image.id] = image, self._of_index.prepare(image.file)
                    except QueryError as error:
                        refused[image.id] = refusal(image, error)
            encoded = self._of_index.encode([query for _, query in prepared.values()])
            embedded = zip((image for image, _ in prepared.values()), encoded, strict=True)
            self.keep(list(embedded), outcomes, label)
            seen: set[str] = set()
            for each in images:
                if isinstance(each, QueryError):
                    yield each
                elif each.id in refused:
                    yield refused[each.id]
                else:
                    outcome = "known" if each.id in seen else outcomes[each.id]
                    seen.add(each.id)
                    yield Added(each.id, printable(each.name), outcome)

    def outcomes(self, images: Sequence[Named]) -> dict[str, Outcome]:
        """What adding images comes to, by id; only those to be `added` need an embedding."""
        added, removed = self._store.ids()
        outcomes: dict[str, Outcome] = {}
        ids = sorted({image.id for image in images})
        indexed = rows_of(self._of_index.index, ids)
        for image_id in ids:
            if image_id in indexed:
                outcomes[image_id] = "restored" if image_id in removed else "indexed"
            else:
                outcomes[image_id] = "known" if image_id in added else "added"
        return outcomes

    def keep(
        self,
        embedded: Sequence[tuple[Named, EncodedQuery]],
        outcomes: dict[str, Outcome],
        label: str | None,
    ) -> None:
        """Write down what `outcomes` said, with the embeddings of the images to be added.

        Raises:
            LookalikeError: see `add`; or the label is no text.
        """
        if label is not None and printable(label) != label:
            raise QueryError(f"label: {printable(label)!r} has characters that no label has")
        again = [each for each, outcome in outcomes.items() if outcome in {"known", "restored"}]
        if again:
            self._store.restore(again, label)
        if embedded:
            images = [
                described(image, encoded, label, self._of_index) for image, encoded in embedded
            ]
            self._store.add(images, self._model)

    def remove(self, ids: Sequence[str]) -> None:
        """Hide images from searches, whether they were added or are the index's.

        Raises:
            QueryError: there is no such image; none is removed then.
        """
        gallery = self.searcher.gallery
        added, _ = self._store.ids()
        for each in ids:
            if each not in added and gallery.row_of(each) is None:
                raise QueryError(f"{each}: no image of this id is indexed")
        self._store.remove(ids)

    def file(self, image_id: str) -> bytes | None:
        """The file of an added image."""
        return self._store.file(image_id)

    def prune(self) -> Pruned:
        """As `refresh`; also drops removals of images that are no longer in the index."""
        _, removed = self._store.ids()
        indexed = rows_of(self._of_index.index, sorted(removed))
        if removals := sorted(removed - indexed.keys()):
            self._store.forget([], removals)
        return self.refresh()._replace(removals=len(removals))

    def refresh(self) -> Pruned:
        """Drop added images that the index has by now, and embed anew those of another model."""
        added, _ = self._store.ids()
        if merged := sorted(rows_of(self._of_index.index, sorted(added))):
            self._store.forget(merged, [])
        return Pruned(len(merged), 0, self._embed_stale())

    def _embed_stale(self) -> int:
        """How many could be embedded."""
        stale = self._store.stale(self._model)
        embedded = 0
        for start in range(0, len(stale), AT_ONCE):
            ids = stale[start : start + AT_ONCE]
            prepared = {each: query for each in ids if (query := self._prepared(each)) is not None}
            encoded = self._of_index.encode(list(prepared.values()))
            found = {
                image_id: (query.vector, predicted_label(query))
                for image_id, query in zip(prepared, encoded, strict=True)
            }
            self._store.embed(found, self._model)
            embedded += len(found)
        return embedded

    def _prepared(self, image_id: str) -> PreparedQuery | None:
        """An added image for the model of today; None where that takes no such images."""
        file = self.file(image_id)
        try:
            return None if file is None else self._of_index.prepare(file)
        except QueryError as error:
            say(f"{self._store.path}: {image_id}: {error}")
            return None

    @property
    def _model(self) -> str:
        """What embeds; in fp32 it does not matter which engine does."""
        description = self._of_index.index.description
        model, numerics = description.space, description.numerics
        if model is None:
            raise DataError(
                f"{self._store.path}: is of no use beside an index that does not say which model "
                "it was built with"
            )
        return model if numerics.precision == "fp32" else f"{model} {numerics}"
