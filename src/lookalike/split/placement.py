"""Images into subsets by quotas: groups first and whole, then single images into what is left."""

from collections import Counter
from itertools import chain, repeat
from math import inf

from lookalike.images.split_file import SUBSETS
from lookalike.split.quotas import Counts
from lookalike.split.select import Labeled, turn

TRAIN, VALID, TEST, LEFT_OUT = range(4)
# Where several places suit equally well, the first of these is taken.
PREFERRED = (TRAIN, TEST, VALID, LEFT_OUT)


def place(
    by_class: dict[str, list[Labeled]],
    quotas: dict[str, Counts],
    group_of: dict[str, str],
    seed: int,
) -> dict[str, str]:
    """Give images their subsets; images beyond all quotas of their class get none.

    Groups of several images come first, the largest before the others, then in the seeded order. A
    group goes where it exceeds the quotas of its classes least; among subsets where it fits, to the
    one that it leaves least filled. Only the last images of a class that has no training image yet
    always go to training. Without groups every class has exactly its quotas.

    Args:
        by_class: the images of each class, in the (seeded) order in which subsets are filled.
        quotas: how many images of each class each subset should get.
        group_of: the group of an image, by id; an image that is not in it is a group of its own.
        seed: what orders groups of one size.

    Returns:
        The subset of each image, by id.
    """
    classes = {
        label: _ClassPlaces(quotas[label], len(images)) for label, images in by_class.items()
    }
    place_of: dict[str, int] = {}
    for group in _groups(by_class, group_of, seed):
        shares = Counter(image.label for image in group)
        parts = [(classes[label], count) for label, count in shares.items()]
        found = min(PREFERRED, key=lambda place: _misfit(place, parts))
        for places, count in parts:
            places.put(found, count)
        place_of |= {image.id: found for image in group}
    for label, images in by_class.items():
        singles = [image for image in images if image.id not in place_of]
        room = enumerate(classes[label].room(len(singles)))
        free = chain.from_iterable(repeat(subset, count) for subset, count in room)
        place_of |= {image.id: found for image, found in zip(singles, free, strict=False)}
    return {image_id: SUBSETS[found] for image_id, found in place_of.items() if found != LEFT_OUT}


class _ClassPlaces:
    """How far the places of one class are filled."""

    def __init__(self, quota: Counts, images: int) -> None:
        self.wanted = (*quota, images - sum(quota))
        self.placed = [0, 0, 0, 0]
        self.waiting = images

    def put(self, place: int, images: int) -> None:
        self.placed[place] += images
        self.waiting -= images

    def overflow(self, place: int, images: int) -> int:
        """How many of so many more images would exceed the place's quota."""
        return max(0, self.placed[place] + images - self.wanted[place])

    def would_lack_training(self, place: int, images: int) -> bool:
        """Whether the class would be left without a training image, the last ones put here."""
        return place != TRAIN and not self.placed[TRAIN] and images == self.waiting

    def room(self, images: int) -> list[int]:
        """How many of the last `images`, single ones, each subset gets.

        Where a group has overfilled a subset, the others go short, in proportion to their quotas.
        """
        room = [max(0, self.wanted[subset] - self.placed[subset]) for subset in range(3)]
        while sum(room) > images:
            fullest = max(
                (subset for subset in (VALID, TEST, TRAIN) if room[subset]),
                key=lambda subset: (self.placed[subset] + room[subset] - 1) / self.wanted[subset],
            )
            room[fullest] -= 1
        return room


def _groups(
    by_class: dict[str, list[Labeled]], group_of: dict[str, str], seed: int
) -> list[list[Labeled]]:
    """The groups of two images or more, in the order in which they are placed."""
    members: dict[str, list[Labeled]] = {}
    for image in chain.from_iterable(by_class.values()):
        if image.id in group_of:
            members.setdefault(group_of[image.id], []).append(image)
    return sorted(
        (group for group in members.values() if len(group) > 1),
        key=lambda group: (-len(group), min(turn(seed, image.id) for image in group)),
    )


def _misfit(place: int, parts: list[tuple[_ClassPlaces, int]]) -> tuple[int, int, float]:
    """How badly a place suits a group, given how many images of each class it holds."""
    wanted = sum(places.wanted[place] for places, _ in parts)
    placed = sum(places.placed[place] + images for places, images in parts)
    return (
        sum(places.would_lack_training(place, images) for places, images in parts),
        sum(places.overflow(place, images) for places, images in parts),
        placed / wanted if wanted else inf,
    )
