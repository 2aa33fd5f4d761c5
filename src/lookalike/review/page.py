"""A review as one HTML page, where people mark what is to be corrected; it needs nothing else."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lookalike.figures.content_policy import content_policy
from lookalike.figures.data_uri import data_uri
from lookalike.figures.html_page import write_html
from lookalike.figures.style import THEME, style
from lookalike.index.thumbnails import thumbnail
from lookalike.review.findings import KINDS
from lookalike.review.review import Review
from lookalike.review.text import balance

TEMPLATE = Path(__file__).with_name("page.html")
MOST = 200  # findings of a kind
SIZE = 240  # pixels of the longer side of a picture
PICTURE_BYTES = 2**14
TINY = 64  # pixels; such a picture is enlarged without being smoothed
EXPLANATIONS = {
    "label": "Another class fits better. Below: what is most like the image in each of the two.",
    "duplicate": "The same files, or pictures that show the same: one of them is enough.",
    "outlier": "Nothing in the data looks much like these. Below: what is nearest.",
    "blank": "Pictures of a single color.",
    "dark": "Pictures that are nearly black.",
    "bright": "Pictures that are nearly white.",
    "blurred": "Pictures without a sharp edge.",
    "tiny": "Pictures that are much smaller than what the model looks at.",
    "shape": "Pictures that are much wider or higher than the others.",
}


class Shown(NamedTuple):
    """An image on the page."""

    id: str
    path: str
    label: str | None
    picture: str
    tiny: bool


def write_page(path: Path, review: Review) -> None:
    """Write the page, whole or not at all.

    Args:
        path: the HTML file to write.
        review: what it shows: up to 200 findings of a kind.
    """
    by_kind = {kind: review.of_kind(kind) for kind in KINDS}
    write_html(
        path,
        TEMPLATE,
        content_policy(TEMPLATE.read_text(encoding="utf-8")),
        style=style(THEME, TEMPLATE.with_name("page.css")),
        images=len(review.images),
        corrections=review.corrections.name,
        kinds=[(k, KINDS[k], len(found), found[:MOST]) for k, found in by_kind.items() if found],
        explanations=EXPLANATIONS,
        of=_Pictures(review),
        classes=sorted(review.classes.items(), key=lambda pair: (pair[1], pair[0])),
        balance=balance(review.classes),
        before=[row._asdict() for row in review.corrections.rows],
    )


class _Pictures:
    """The images that the page shows, by row."""

    def __init__(self, review: Review) -> None:
        self._images = review.images
        self._get = cache(self._shown)

    def __getitem__(self, row: int) -> Shown:
        return self._get(row)

    def _shown(self, row: int) -> Shown:
        about: dict[str, Any] = self._images.metadata.slice(row, 1).to_pylist()[0]
        encoded, bands = self._images.encoded(row), self._images.bands
        picture = thumbnail(encoded, bands, SIZE, PICTURE_BYTES, self._images.stretch) or b""
        tiny = max(about["width"], about["height"]) <= TINY
        return Shown(about["id"], about["path"], about["label"], data_uri(picture), tiny)
