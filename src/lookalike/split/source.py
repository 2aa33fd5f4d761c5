"""The data set's own split, as its source gives it."""

from lookalike.core.errors import LookalikeError
from lookalike.images.subset_names import KNOWN_NAMES, subset_named
from lookalike.split.select import Labeled
from lookalike.terminal.listing import some_of
from lookalike.terminal.progress import say


def source_subsets(images: list[Labeled]) -> dict[str, str]:
    """The subset of each image, by id; images to which the source gives no split have none.

    Raises:
        LookalikeError: a split has a name that is not known, or no image has a split.
    """
    named = {image.id: image.source_split for image in images if image.source_split is not None}
    if not named:
        raise LookalikeError(
            "split.method = source: no labeled image has a split in the source; use another method"
        )
    subset_of = {image_id: subset_named(name) for image_id, name in named.items()}
    unknown = sorted({named[image_id] for image_id, subset in subset_of.items() if subset is None})
    if unknown:
        raise LookalikeError(
            f"split.method = source: the source has splits named {some_of(unknown)}; known are "
            f"{KNOWN_NAMES}"
        )
    if missing := len(images) - len(named):
        say(f"split: {missing} of {len(images)} images have no split in the source: left out")
    return {image_id: subset for image_id, subset in subset_of.items() if subset is not None}
