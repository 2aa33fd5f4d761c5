"""How many images of each class each subset is to get."""

from typing import NamedTuple

from lookalike.split.params import Ratios, SplitParams
from lookalike.split.select import Labeled

# Where images are few, a subset comes before the next: training, then the test, then validation.
BY_IMPORTANCE = (0, 2, 1)


class Counts(NamedTuple):
    """A number of images for each subset."""

    train: int
    valid: int
    test: int


def class_quotas(by_class: dict[str, list[Labeled]], params: SplitParams) -> dict[str, Counts]:
    """What each class's subsets should hold; nothing where the source has its own split."""
    if params.method == "source":
        return {}
    if params.method == "per_class":
        numbers = (params.train_per_class, params.valid_per_class, params.test_per_class)
        return {label: by_numbers(len(images), *numbers) for label, images in by_class.items()}
    return {label: by_ratios(len(images), params.ratios) for label, images in by_class.items()}


def by_ratios(images: int, ratios: Ratios) -> Counts:
    """How many of a class's images go to each subset; they add up to `images`, at least 1.

    Largest remainders, but no subset of a class stays empty while another has two: training comes
    first, then the test, then validation. One image is for training; two give one for training and
    one for the test.
    """
    if images <= 2:
        return Counts(1, 0, images - 1)
    exact = [images * share for share in (ratios.train, ratios.valid, ratios.test)]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(3), key=lambda subset: (counts[subset] - exact[subset], subset))
    for subset in by_remainder[: images - sum(counts)]:
        counts[subset] += 1
    for subset in BY_IMPORTANCE:
        if counts[subset] == 0 and max(counts) > 1:
            counts[counts.index(max(counts))] -= 1
            counts[subset] += 1
    return Counts(*counts)


def by_numbers(images: int, train: int, valid: int | None, test: int | None) -> Counts:
    """So many of a class's images to each subset, as far as they go; the protocol of Caltech-101.

    Training comes first; then validation, as far as it leaves one image for the test. None is the
    rest, which two Nones share. Without a None, what is beyond the numbers is in no subset.
    """
    train = min(train, images)
    rest = images - train
    if valid is None:
        valid = rest // 2 if test is None else max(0, rest - test)
    valid = min(valid, max(0, rest - 1))
    return Counts(train, valid, rest - valid if test is None else min(test, rest - valid))
