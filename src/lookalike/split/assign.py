"""Stratified assignment of images to the sides of a split."""

from collections import Counter

from lookalike.core.errors import LookalikeError
from lookalike.split.params import Ratios
from lookalike.split.select import Labelled

SIDES = ("train", "valid", "test")


def assign(by_class: dict[str, list[Labelled]], ratios: Ratios) -> list[tuple[Labelled, str]]:
    """Give each image a side, class by class, in the ratios; sorted by path.

    Args:
        by_class: the images of each class, in the (seeded) order in which sides are filled.
        ratios: the share of each side.

    Raises:
        LookalikeError: a class has one image, which cannot be both learned and tested.
    """
    assigned = []
    for label, images in by_class.items():
        if len(images) == 1:
            raise LookalikeError(
                f"class {label!r} has one image ({images[0].path}); a class needs two or more: add "
                "images, or name it in split.exclude_classes"
            )
        counts = side_counts(len(images), ratios)
        sides = [side for side, count in zip(SIDES, counts, strict=True) for _ in range(count)]
        assigned += list(zip(images, sides, strict=True))
    return sorted(assigned, key=lambda pair: pair[0].path)


def side_counts(images: int, ratios: Ratios) -> tuple[int, int, int]:
    """How many of a class's images go to train, valid and test; they add up to `images`.

    Largest remainders, but no side of a class stays empty while another has two: training comes
    first, then the test, then validation. Two images give one for training and one for the test.
    """
    if images == 2:
        return 1, 0, 1
    exact = [images * share for share in (ratios.train, ratios.valid, ratios.test)]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(3), key=lambda side: (counts[side] - exact[side], side))
    for side in by_remainder[: images - sum(counts)]:
        counts[side] += 1
    for side in (0, 2, 1):
        if counts[side] == 0 and max(counts) > 1:
            counts[counts.index(max(counts))] -= 1
            counts[side] += 1
    train, valid, test = counts
    return train, valid, test


def count_sides(assigned: list[tuple[Labelled, str]]) -> dict[str, int]:
    """Images on each side, and classes in all."""
    sides = Counter(side for _, side in assigned)
    classes = len({image.label for image, _ in assigned})
    return {"images": len(assigned), "classes": classes, **{side: sides[side] for side in SIDES}}
