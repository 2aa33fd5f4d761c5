"""Which labeled images take part in an experiment."""

from typing import NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.core.seeds import seed_for
from lookalike.split.params import SplitParams
from lookalike.terminal.listing import some_of
from lookalike.terminal.progress import say


class Labeled(NamedTuple):
    """An image that has a label."""

    id: str
    path: str
    label: str
    source_split: str | None = None


def select(images: list[Labeled], params: SplitParams, seed: int) -> dict[str, list[Labeled]]:
    """The chosen images of each chosen class, classes sorted, images in a seeded order.

    A number of `classes` takes the first so many in alphabetical order; `samples_per_class` the
    first so many images in the seeded order, all of them where a class has fewer.

    An excluded class that is not there is said, as it changes nothing.

    Raises:
        LookalikeError: `classes` names a class that is not there.
    """
    by_class: dict[str, list[Labeled]] = {}
    for image in images:
        by_class.setdefault(image.label, []).append(image)
    if absent := sorted(set(params.exclude_classes) - by_class.keys()):
        say(f"split: split.exclude_classes names {some_of(absent)}, which the images do not have")
    chosen = sorted(by_class.keys() - set(params.exclude_classes))
    if isinstance(params.classes, int):
        chosen = chosen[: params.classes]
    elif params.classes is not None:
        chosen = sorted(set(params.classes))
        if unknown := [label for label in chosen if label not in by_class]:
            names = ", ".join(map(repr, unknown))
            raise LookalikeError(f"split.classes: there is no class {names}")
    return {
        label: sorted(by_class[label], key=lambda image: turn(seed, image.id))[
            : params.samples_per_class
        ]
        for label in chosen
    }


def turn(seed: int, image_id: str) -> tuple[int, str]:
    """When it is an image's turn in the seeded order; a key to sort by."""
    return seed_for(seed, "split", image_id), image_id
