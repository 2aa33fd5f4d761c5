"""What a search gives: hits, predictions, and a picture of both."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from types import MappingProxyType
from typing import Any, NamedTuple

from PIL import Image

from lookalike.core.extras import extra

PLACEHOLDER = (96, 96), "#d0d0d0"


@dataclass(frozen=True, slots=True)
class Prediction:
    """A class and the probability that the image is of it."""

    label: str
    probability: float


class Hit(NamedTuple):  # made in a fifth of a dataclass's time, and there may be thousands
    """An indexed image; `similarity` is the cosine between its embedding and the query's.

    `label`, `split` and `predicted_label` are None where they are not known. `further` has the
    further columns of the index's metadata.
    """

    id: str
    path: str
    label: str | None
    source: str
    split: str | None
    predicted_label: str | None
    width: int
    height: int
    similarity: float
    further: Mapping[str, Any] = MappingProxyType({})

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` takes; further columns are keys like the others."""
        record = self._asdict()
        further = record.pop("further")
        return {**record, **further}


@dataclass(frozen=True)
class SearchResult:
    """The answer to one query.

    Attributes:
        query: what it was, for people: the path of a file, an id.
        predictions: the likeliest classes; none where the query is not one image, or the model
            has no classes.
        hits: the most similar first, equal ones in the order of the index.
    """

    query: str
    predictions: list[Prediction]
    hits: list[Hit]
    _examples: list[Image.Image] = field(default_factory=list, repr=False, compare=False)
    _thumbnail: Callable[[str], bytes | None] = field(
        default=lambda _: None, repr=False, compare=False
    )

    def to_dict(self) -> dict[str, Any]:
        """What `json.dumps` takes."""
        return {
            "query": self.query,
            "predictions": [asdict(prediction) for prediction in self.predictions],
            "hits": [hit.to_dict() for hit in self.hits],
        }

    @property
    def examples(self) -> list[Image.Image]:
        """The images searched for, as the network sees them; none of an id or vector."""
        return list(self._examples)

    def thumbnail(self, hit: Hit) -> bytes | None:
        """A small picture of a hit, WebP; None where the index has none."""
        return self._thumbnail(hit.id)

    def picture(self, hit: Hit) -> Image.Image:
        """The thumbnail of a hit, or a gray square where the index has none."""
        data = self.thumbnail(hit)
        return Image.new("RGB", *PLACEHOLDER) if data is None else Image.open(BytesIO(data))

    def grid(self) -> Image.Image:
        """The examples, then the hits by falling similarity, with their labels; RGB.

        Raises:
            LookalikeError: matplotlib is not installed.
        """
        with extra("figures"):
            from lookalike.search.grid import grid_of  # matplotlib takes half a second

        return grid_of([self])
