"""What the service answers from: a model, the index that was built with it, and the images."""

import logging
from functools import cached_property
from typing import Any

from PIL import Image

from lookalike.core.errors import DataError, LookalikeError
from lookalike.core.hashing import sha256_of_file
from lookalike.fresh.fresh_images import FreshImages
from lookalike.images.store import ImageStore, open_images
from lookalike.index.description import DESCRIPTION
from lookalike.inference.runtimes.choice import model_fingerprint
from lookalike.publish.opening import (
    current_version,
    open_store_searcher,
    with_published_metadata,
)
from lookalike.search.encoding import Decode
from lookalike.search.searcher import Searcher, open_searcher
from lookalike.serve.memory import release_free_memory
from lookalike.serve.projection import projection
from lookalike.serve.settings import Settings
from lookalike.serve.source import Location

logger = logging.getLogger("lookalike.serve")


class Bundle:
    """A model and its index, opened; a request keeps the one that it has begun with.

    Args:
        settings: of the service.
        location: where model and index are.
        decode: how queries are decoded.

    Attributes:
        of_index: searches the index as it was built, or a store.
        fresh: what was added to the index and removed from it; None: a store is searched.
        images: the image store whose rows are those of the index; None: there is none.
        model_sha256: the fingerprint of the model.
        index_sha256: the sha256 of the index's description, which holds those of its files; of a
            store, the current version.
        engine: what searches.
        location: where it comes from.

    Raises:
        LookalikeError: model or index is missing or broken, they do not belong together, or they
            are being replaced at this moment.
    """

    def __init__(self, settings: Settings, location: Location, decode: Decode) -> None:
        self.location = location
        self.model_sha256 = model_fingerprint(location.model, location.export)
        self.fresh: FreshImages | None = None
        if location.store is not None:
            self.of_index = open_store_searcher(location.model, location.store, decode=decode)
            self.index_sha256 = current_version(location.store)
            self.engine = location.store.partition(":")[0]
        else:
            self.of_index = open_searcher(location.model, location.index, decode=decode)
            if settings.params.metadata == "mongodb":
                self.of_index = with_published_metadata(self.of_index)
            self.fresh = FreshImages(settings.fresh, self.of_index)
            if settings.params.add:  # whoever may not write leaves that to others
                self.fresh.refresh()
            self.index_sha256 = sha256_of_file(location.index / DESCRIPTION)
            self.engine = self.of_index.index.description.engine.name
        self._searcher = self.of_index if self.fresh is None else self.fresh.searcher
        if location.state != settings.source.state():
            where = location.store or location.index
            raise DataError(f"{where}: model and index are being replaced; try again")
        self.images = self._open_images(settings)
        self._warm_up()
        release_free_memory()

    @property
    def searcher(self) -> Searcher:
        """Finds what is there now, whoever added or removed it; it looks into a file.

        While that file cannot be read, it finds what it found before.
        """
        try:
            if self.fresh is not None:
                self._searcher = self.fresh.searcher
        except LookalikeError as error:
            logger.error("%s", error)
        return self._searcher

    @cached_property
    def projection(self) -> bytes:
        """All indexed images in the plane; computed when it is first asked for."""
        return projection(self.of_index.index)

    @property
    def fingerprints(self) -> dict[str, Any]:
        """Which model and index answer, and of which revision; None: of the folders."""
        revision = self.location.revision
        return {
            "model": self.model_sha256,
            "index": self.index_sha256,
            "revision": None if revision is None else revision._asdict(),
        }

    def original(self, image_id: str, row: int) -> bytes | None:
        """The file of an image in a row of the gallery; None where this service has it not."""
        if self.fresh is not None and self.of_index.gallery.is_added(row):
            return self.fresh.file(image_id)
        return None if self.images is None else self.images.encoded(row)

    def _warm_up(self) -> None:
        """Search once, so that no client waits for what only the first search has to do."""
        if self.of_index.model.bands is None:
            self.searcher.search(Image.new("RGB", (64, 64)), k=1)

    def _open_images(self, settings: Settings) -> ImageStore | None:
        if self.location.store is not None or not settings.images.is_dir():
            return None
        try:
            store = open_images(settings.images, self.of_index.model.stretch)
            if store.metadata["id"] == self.of_index.index.metadata["id"]:
                return store
            logger.warning("%s: holds other images than the index", settings.images)
        except LookalikeError as error:
            logger.warning("%s", error)
        return None
