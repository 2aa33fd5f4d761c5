"""Which labelled images take part in an experiment."""

from typing import NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.core.seeds import seed_for
from lookalike.split.params import SplitParams


class Labelled(NamedTuple):
    """An image that has a label."""

    id: str
    path: str
    label: str


def select(images: list[Labelled], params: SplitParams, seed: int) -> dict[str, list[Labelled]]:
    """The chosen images of each chosen class, classes sorted, images in a seeded order.

    A number of `classes` takes the first so many in alphabetical order; `samples_per_class` the
    first so many images in the seeded order, all of them where a class has fewer.

    Raises:
        LookalikeError: a class is named that there is not.
    """
    by_class: dict[str, list[Labelled]] = {}
    for image in images:
        by_class.setdefault(image.label, []).append(image)
    _demand("exclude_classes", params.exclude_classes, by_class)
    chosen = sorted(by_class.keys() - set(params.exclude_classes))
    if isinstance(params.classes, int):
        chosen = chosen[: params.classes]
    elif params.classes is not None:
        _demand("classes", params.classes, by_class)
        chosen = sorted(set(params.classes))
    return {label: _shuffled(by_class[label], seed)[: params.samples_per_class] for label in chosen}


def _shuffled(images: list[Labelled], seed: int) -> list[Labelled]:
    return sorted(images, key=lambda image: (seed_for(seed, "split", image.id), image.id))


def _demand(key: str, wanted: list[str], by_class: dict[str, list[Labelled]]) -> None:
    unknown = sorted(set(wanted) - by_class.keys())
    if unknown:
        raise LookalikeError(f"split.{key}: there is no class {', '.join(map(repr, unknown))}")
