"""What looks like this image? From the outputs alone: a model and an index built with it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lookalike.core.errors import LookalikeError
from lookalike.images.decode import UndecodableImageError
from lookalike.images.pixels import decode_pixels
from lookalike.index.bundle import IndexBundle
from lookalike.index.bundle_folder import open_bundle
from lookalike.inference.forward import forward
from lookalike.model.artifact import Model, load_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.model.transforms import evaluation_transform

PREDICTIONS = 5


@dataclass(frozen=True)
class Prediction:
    """A class and the probability that the image is of it."""

    label: str
    probability: float


@dataclass(frozen=True)
class Neighbor:
    """An indexed image; `similarity` is the cosine between the embeddings."""

    id: str
    path: str
    label: str | None
    similarity: float


@dataclass(frozen=True)
class SearchResult:
    """The answer to one query; no predictions where the model has no classes."""

    query: str
    predictions: list[Prediction]
    neighbors: list[Neighbor]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)


class Searcher:
    """Answers queries.

    Example:
        >>> searcher = Searcher.open(Path("models/model"), Path("models/index"))
        >>> searcher.search(Path("photo.jpg"), k=5).neighbors[0].path
    """

    def __init__(self, model: Model, index: IndexBundle) -> None:
        self._model = model
        self._index = index
        self._transform = evaluation_transform(model.description.image_size)

    @classmethod
    def open(cls, model: Path, index: Path, verify: bool = False) -> "Searcher":
        """Open a model artifact and the index bundle that was built with it.

        Args:
            model: the model artifact.
            index: the bundle.
            verify: hash every byte of the bundle (see `open_bundle`).

        Raises:
            LookalikeError: one of them is missing or broken, or they do not belong together.
        """
        bundle = open_bundle(index, fingerprint(model), verify)
        return cls(load_model(model), bundle)

    def search(self, image: Path, k: int) -> SearchResult:
        """Find the `k` indexed images most like an image file, most similar first.

        Raises:
            LookalikeError: the file cannot be read or is no image, or `k` is below 1.
        """
        try:
            return self.search_bytes(image.read_bytes(), k, name=str(image))
        except OSError as error:
            raise LookalikeError(f"{image}: cannot be read ({error.strerror})") from None

    def search_bytes(self, data: bytes, k: int, name: str) -> SearchResult:
        """As `search`, for an encoded image in memory; `name` is what messages call it."""
        if k < 1:
            raise LookalikeError(f"k = {k}: ask for at least 1 neighbor")
        try:
            pixels = self._transform(decode_pixels(data, self._model.description.bands))
        except UndecodableImageError as error:
            raise LookalikeError(f"{name}: cannot be searched for: {error}") from None
        if len(pixels) != self._model.description.channels:
            raise LookalikeError(
                f"{name}: cannot be searched for: {len(pixels)} bands, but the model takes images "
                f"of {self._model.description.channels}"
            )
        embeddings, logits = forward(self._model, pixels[None])
        predictions = []
        if logits is not None:
            best = self._model.probabilities(logits)[0].topk(min(PREDICTIONS, logits.shape[1]))
            predictions = [
                Prediction(self._model.description.classes[number], round(probability, 6))
                for number, probability in zip(
                    best.indices.tolist(), best.values.tolist(), strict=True
                )
            ]
        hits = self._index.search(embeddings[0].numpy(), k)
        found = zip(hits.rows.tolist(), hits.similarities.tolist(), strict=True)
        return SearchResult(name, predictions, [self._neighbor(*hit) for hit in found])

    def _neighbor(self, row: int, similarity: float) -> Neighbor:
        record = self._index.record(row)
        return Neighbor(record["id"], record["path"], record["label"], round(similarity, 6))
