"""What a review finds: an image, what is odd about it, and what to compare it with."""

from typing import NamedTuple

# In the order in which people should look at them, with a title
KINDS = {
    "label": "Suspicious labels",
    "duplicate": "Copies",
    "outlier": "Outliers",
    "blank": "Blank pictures",
    "dark": "Dark pictures",
    "bright": "Bright pictures",
    "blurred": "Blurred pictures",
    "tiny": "Tiny pictures",
    "shape": "Odd shapes",
}


class Finding(NamedTuple):
    """One thing that is odd about one image.

    Attributes:
        kind: one of `KINDS`.
        row: of the image in the image store.
        score: how odd it is, comparable within a kind; the oddest have the highest.
        reason: what is odd, for people.
        likely_label: the label that it should perhaps have.
        examples: rows of images to compare it with.
    """

    kind: str
    row: int
    score: float
    reason: str
    likely_label: str | None = None
    examples: tuple[int, ...] = ()
