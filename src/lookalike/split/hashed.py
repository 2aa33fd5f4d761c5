"""A split that is stable under growth: a side is a function of the image, not of the others."""

from collections.abc import Iterable

from lookalike.core.seeds import seed_for
from lookalike.split.params import Ratios

# The side of a group is the first of these that one of its images has, so that an image which joins
# a group can never pull another one into training.
STRICTEST_FIRST = ("test", "valid", "train")


def hashed_sides(
    images: Iterable[str],
    ratios: Ratios,
    group_of: dict[str, str],
    previous: dict[str, str],
    seed: int,
) -> dict[str, str]:
    """The side of each image, by id.

    An image of the previous split keeps its side. A new one joins its group: on the strictest side
    of the group's images in the previous split or, where there are none, of their own sides.

    As long as groups only grow and merge, no image moves to training, and with a previous split
    none that is in it moves at all.

    Args:
        images: ids of the images that need a side.
        ratios: the share of each side, of all images in the long run.
        group_of: the group of an image, by id, also of images that need no side; an image that is
            not in it is a group of its own.
        previous: the sides of an earlier split, by id; empty where there is none.
        seed: what the images' own sides are drawn from.
    """
    members = group_members(group_of)
    side_of_group: dict[str, str] = {}
    for key, group in members.items():
        old = {previous[image_id] for image_id in group if image_id in previous}
        side_of_group[key] = _strictest(old or {own_side(i, ratios, seed) for i in group})

    def side(image_id: str) -> str:
        if image_id in previous:
            return previous[image_id]
        if image_id in group_of:
            return side_of_group[group_of[image_id]]
        return own_side(image_id, ratios, seed)

    return {image_id: side(image_id) for image_id in images}


def own_side(image_id: str, ratios: Ratios, seed: int) -> str:
    """The side that an image has by itself; a draw in the ratios that the id decides."""
    drawn = seed_for(seed, "side", image_id) / 2**63
    if drawn < ratios.test:
        return "test"
    return "valid" if drawn < ratios.test + ratios.valid else "train"


def merged_groups(group_of: dict[str, str], previous: dict[str, str]) -> int:
    """How many groups hold images of several sides of the previous split."""
    groups = group_members(group_of).values()
    return sum(len({previous[i] for i in group if i in previous}) > 1 for group in groups)


def group_members(group_of: dict[str, str]) -> dict[str, list[str]]:
    """The image ids of each group, by its key."""
    members: dict[str, list[str]] = {}
    for image_id, key in group_of.items():
        members.setdefault(key, []).append(image_id)
    return members


def _strictest(sides: set[str]) -> str:
    return next(side for side in STRICTEST_FIRST if side in sides)
