"""The methods of a split by their names."""

from itertools import chain

from lookalike.split.hashed import hashed_subsets
from lookalike.split.params import SplitParams
from lookalike.split.placement import place
from lookalike.split.quotas import class_quotas
from lookalike.split.select import Labeled
from lookalike.split.source import source_subsets
from lookalike.terminal.progress import say


def assign(
    by_class: dict[str, list[Labeled]],
    params: SplitParams,
    seed: int,
    group_of: dict[str, str],
    previous: dict[str, str],
) -> dict[str, str]:
    """Give images their subsets by `split.method`.

    A class without a training image cannot be learned, so none of its images gets a subset.

    Args:
        by_class: the images of each class, in a seeded order.
        params: the method and what it needs.
        seed: what decides where the method leaves a choice.
        group_of: the group of an image, by id; an image that is not in it is a group of its own.
        previous: the subsets of an earlier split, by id; only `hashed` looks at it.

    Returns:
        The subset of each image, by id; images without one are left out of the split.

    Raises:
        LookalikeError: the source's own split is asked for and there is none, or an unknown one.
    """
    images = list(chain.from_iterable(by_class.values()))
    if params.method != "source" and any(image.source_split is not None for image in images):
        say(
            f"split: the source has a split of its own, which split.method: {params.method} does "
            "not follow; split.method: source does"
        )
    match params.method:
        case "stratified" | "per_class":
            subset_of = place(by_class, class_quotas(by_class, params), group_of, seed)
        case "hashed":
            ids = [image.id for image in images]
            subset_of = hashed_subsets(ids, params.ratios, group_of, previous, seed)
        case "source":
            subset_of = source_subsets(images)
    learned = {image.label for image in images if subset_of.get(image.id) == "train"}
    return {
        image.id: subset_of[image.id]
        for image in images
        if image.id in subset_of and image.label in learned
    }
