"""From an image file to what is kept of it."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from os import PathLike

from PIL import Image

from lookalike.core.errors import QueryError
from lookalike.fresh.image import FreshImage
from lookalike.images.decode import UndecodableImageError
from lookalike.images.rendering import picture_of
from lookalike.index.thumbnails import MAX_THUMBNAIL_BYTES, small_webp
from lookalike.search.download import Url
from lookalike.search.encoding import EncodedQuery
from lookalike.search.queries import name_of, read_bounded
from lookalike.search.searcher import Searcher
from lookalike.terminal.printable import printable

THUMBNAIL = 96  # pixels of the longer side


@dataclass(frozen=True)
class Named:
    """An image file and what it is called."""

    name: str
    file: bytes

    @cached_property
    def id(self) -> str:
        """The sha256 of the file."""
        return hashlib.sha256(self.file).hexdigest()


def read(file: str | PathLike[str] | Url) -> Named | QueryError:
    """An image file, or why there is none."""
    try:
        return Named(name_of(file), read_bounded(file))
    except QueryError as error:
        return error


def described(
    image: Named, encoded: EncodedQuery, label: str | None, searcher: Searcher
) -> FreshImage:
    """An image as it is kept: with its embedding, its size and a thumbnail.

    Raises:
        QueryError: it cannot be decoded.
    """
    bands, stretch = searcher.model.bands, searcher.model.stretch
    try:
        pixels = searcher.decode(image.file, bands)
    except UndecodableImageError as error:
        raise QueryError(f"{image.name}: cannot be added: {error}") from None
    picture = pixels if isinstance(pixels, Image.Image) else picture_of(pixels, bands, stretch)
    width, height = picture.size
    name = printable(image.name)
    return FreshImage(
        image.id,
        name,
        label,
        f"added:{name}",
        predicted_label(encoded),
        width,
        height,
        encoded.vector,
        small_webp(picture, THUMBNAIL, MAX_THUMBNAIL_BYTES),
        image.file,
    )


def predicted_label(encoded: EncodedQuery) -> str | None:
    """The likeliest class; None where the model has none."""
    return encoded.predictions[0].label if encoded.predictions else None


def refusal(image: Named, error: QueryError) -> QueryError:
    """Why an image cannot be added, from why it cannot be searched for."""
    reason = str(error).replace("the image: cannot be searched for", "cannot be added")
    return QueryError(f"{image.name}: {reason}")
