"""The data set's own split, as its source gives it."""

from lookalike.core.errors import LookalikeError
from lookalike.split.select import Labeled
from lookalike.terminal.listing import some_of
from lookalike.terminal.progress import say

NAMES = {
    "train": ("train", "training"),
    "valid": ("valid", "validate", "validation", "val", "dev"),
    "test": ("test", "testing"),
}
SIDE_OF_NAME = {name: side for side, names in NAMES.items() for name in names}


def source_sides(images: list[Labeled]) -> dict[str, str]:
    """The side of each image, by id; images to which the source gives no split have none.

    Raises:
        LookalikeError: a split has a name that is not known, or no image has a split.
    """
    named = {image.id: image.source_split for image in images if image.source_split is not None}
    if not named:
        raise LookalikeError(
            "split.method = source: no labeled image has a split in the source; use another method"
        )
    unknown = sorted(name for name in set(named.values()) if _plain(name) not in SIDE_OF_NAME)
    if unknown:
        known = ", ".join("/".join(names) for names in NAMES.values())
        raise LookalikeError(
            f"split.method = source: the source has splits named {some_of(unknown)}; known are "
            f"{known}"
        )
    if missing := len(images) - len(named):
        say(f"split: {missing} of {len(images)} images have no split in the source: left out")
    return {image_id: SIDE_OF_NAME[_plain(name)] for image_id, name in named.items()}


def _plain(name: str) -> str:
    return name.strip().lower()
