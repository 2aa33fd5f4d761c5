"""From queries to vectors: images are embedded, many at once, and examples are combined."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from lookalike.core.errors import QueryError
from lookalike.core.extras import extra
from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError, decode_opened
from lookalike.images.pixels import Pixels
from lookalike.images.rendering import picture_of
from lookalike.images.untrusted import decode_untrusted
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.model.preprocessing import preprocess
from lookalike.search.queries import (
    ById,
    Example,
    Like,
    Query,
    Text,
    as_like,
    check_size,
    combined,
    name_of,
    names_of,
    read_bounded,
)
from lookalike.search.results import Prediction
from lookalike.search.searchable import Searchable

PREDICTIONS = 5
IMAGES_AT_ONCE = 32


class EncodedQuery(NamedTuple):
    """A query as a vector.

    Attributes:
        name: what messages call it.
        vector: float32 `[d]`.
        predictions: of a single image.
        logits: float32 `[classes]`, of a single image where the model has classes.
        rows: the rows of the gallery that its examples are.
        pictures: of its examples, as the network sees them, where they are images.
    """

    name: str
    vector: np.ndarray
    predictions: list[Prediction]
    logits: np.ndarray | None
    rows: list[int]
    pictures: list[Image.Image]


class _Part(NamedTuple):
    """A prepared example: a vector, or the pixels that give one."""

    vector: np.ndarray | None
    pixels: np.ndarray | None
    row: int | None


class PreparedQuery(NamedTuple):
    """A query whose images are decoded: all but the forward pass.

    Attributes:
        like: the query.
        parts: its examples, then those to be unlike.
    """

    like: Like
    parts: list[_Part]

    @property
    def images(self) -> int:
        """How many images have yet to be embedded."""
        return sum(part.pixels is not None for part in self.parts)


Decode = Callable[[bytes, Bands | None], Pixels]


class QueryEncoder:
    """Gives queries their vectors, by the model that gave the index its own."""

    def __init__(
        self, model: Runtime, gallery: Searchable, decode: Decode = decode_untrusted
    ) -> None:
        self._model = model
        self._gallery = gallery
        self._decode = decode

    def prepare(self, query: Query) -> PreparedQuery:
        """Read and decode what a query is made of; several threads may do so at once.

        Raises:
            QueryError: the query cannot be answered; the line names it.
        """
        like = as_like(query)
        return PreparedQuery(like, [self._part(x) for x in (*like.examples, *like.unlike)])

    def prepare_pixels(self, pixels: np.ndarray) -> PreparedQuery:
        """A query by what the network takes, `[channels, height, width]`, as `preprocess` gives it.

        Raises:
            QueryError: the network takes another size, or other values.
        """
        description = self._model.description
        shape = description.channels, description.image_size.crop, description.image_size.crop
        if pixels.shape != shape:
            raise QueryError(f"the pixels of an image are {list(shape)}, not {list(pixels.shape)}")
        if description.bands is not None:
            if not np.isfinite(pixels).all():
                raise QueryError("pixels should be finite numbers")
            pixels = pixels.astype(np.float32)
        elif pixels.dtype != np.uint8:
            with np.errstate(invalid="ignore"):
                whole = pixels.astype(np.uint8)
            if not np.array_equal(whole, pixels):
                raise QueryError("pixels of RGB are whole numbers from 0 to 255, not normalized")
            pixels = whole
        return PreparedQuery(Like(pixels), [_Part(None, pixels, None)])

    def encode(self, queries: Sequence[PreparedQuery]) -> list[EncodedQuery]:
        """Every query's vector; all images are embedded together."""
        outputs = self._outputs(
            [p.pixels for query in queries for p in query.parts if p.pixels is not None]
        )
        encoded, description = [], self._model.description
        for like, parts in queries:
            vectors: list[np.ndarray] = []
            logits: np.ndarray | None = None
            for part in parts:
                if part.vector is not None:
                    vectors.append(part.vector)
                else:
                    embedding, logits = next(outputs)
                    vectors.append(self._gallery.from_embedding(embedding))
            if len(parts) > 1:
                logits = None
            positive = len(like.examples)
            encoded.append(
                EncodedQuery(
                    names_of(like),
                    combined(np.stack(vectors[:positive]), np.array(vectors[positive:])),
                    [] if logits is None else self._predictions(logits),
                    logits,
                    [part.row for part in parts if part.row is not None],
                    [
                        picture_of(part.pixels, description.bands, description.stretch)
                        for part in parts[:positive]
                        if part.pixels is not None
                    ],
                )
            )
        return encoded

    def _part(self, example: Example) -> _Part:
        if isinstance(example, ById):
            row = self._gallery.row_of(example.id)
            if row is None:
                raise QueryError(f"{example.id}: no image of this id is indexed")
            return _Part(self._gallery.vector(row), None, row)
        if isinstance(example, Text):
            return _Part(self._of_text(example.text), None, None)
        if isinstance(example, np.ndarray):
            return _Part(self._gallery.from_embedding(example), None, None)
        if isinstance(example, Image.Image):
            return _Part(None, self._pixels(example, name_of(example)), None)
        name = name_of(example)
        data = check_size(example, name) if isinstance(example, bytes) else read_bounded(example)
        row = self._gallery.row_of(hashlib.sha256(data).hexdigest())
        return _Part(None, self._pixels(data, name), row)

    def _of_text(self, text: str) -> np.ndarray:
        """The vector of a text; alone among the examples, it is embedded while it is prepared."""
        length = self._model.description.context_length
        if length is None:
            raise QueryError(
                f"{text!r:.60}: the model knows no text; one with train.backbone: open_clip/NAME "
                "and train.epochs: 0 does"
            )
        with extra("text"):  # it brings torch, which images do without
            from lookalike.model.open_clip_models import tokenize

        return self._gallery.from_embedding(self._model.run_text(tokenize([text], length))[0])

    def _pixels(self, image: bytes | Image.Image, name: str) -> np.ndarray:
        """What the network takes, `[channels, height, width]`."""
        description = self._model.description
        try:
            if isinstance(image, bytes):
                decoded = self._decode(image, description.bands)
            elif description.bands is None:
                decoded = decode_opened(image)
            else:
                raise QueryError(
                    "a PIL image cannot be searched for by bands: give a path or bytes"
                )
            pixels = preprocess(decoded, description.image_size)
        except UndecodableImageError as error:
            raise QueryError(f"{name}: cannot be searched for: {error}") from None
        if len(pixels) != description.channels:
            raise QueryError(
                f"{name}: cannot be searched for: {len(pixels)} bands, but the model takes images "
                f"of {description.channels}"
            )
        return pixels

    def _outputs(self, images: list[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """The embedding of each image, and the scores of its classes."""
        for start in range(0, len(images), IMAGES_AT_ONCE):
            embeddings, logits = self._model.run(np.stack(images[start : start + IMAGES_AT_ONCE]))
            for number, embedding in enumerate(embeddings):
                yield embedding, None if logits is None else logits[number]

    def _predictions(self, logits: np.ndarray) -> list[Prediction]:
        description = self._model.description
        probabilities = softmax(logits / description.temperature)
        best = np.argsort(-probabilities, kind="stable")[:PREDICTIONS]
        return [
            Prediction(description.classes[number], round(float(probabilities[number]), 6))
            for number in best
        ]


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities from the scores of classes, `[classes]`."""
    exponentials = np.exp(scores - scores.max())
    probabilities: np.ndarray = exponentials / exponentials.sum()
    return probabilities
