"""A split that is stable under growth: an image's subset depends on no other image."""

from collections.abc import Iterable

from lookalike.core.seeds import seed_for
from lookalike.split.params import Ratios

# The subset of a group is the first of these that one of its images has, so that an image which
# joins a group can never pull another one into training.
STRICTEST_FIRST = ("test", "valid", "train")


def hashed_subsets(
    images: Iterable[str],
    ratios: Ratios,
    group_of: dict[str, str],
    previous: dict[str, str],
    seed: int,
) -> dict[str, str]:
    """The subset of each image, by id.

    An image of the previous split keeps its subset. A new one joins its group, in the strictest
    subset that images of the group have in the previous split, else by themselves.

    As long as groups only grow and merge, no image moves to training, and with a previous split
    none that is in it moves at all.

    Args:
        images: ids of the images that need a subset.
        ratios: the share of each subset, of all images in the long run.
        group_of: the group of an image, by id, also of images that need no subset; an image that is
            not in it is a group of its own.
        previous: the subsets of an earlier split, by id; empty where there is none.
        seed: what the images' own subsets are drawn from.
    """
    members = group_members(group_of)
    side_of_group: dict[str, str] = {}
    for key, group in members.items():
        old = {previous[image_id] for image_id in group if image_id in previous}
        side_of_group[key] = _strictest(old or {own_subset(i, ratios, seed) for i in group})

    def subset(image_id: str) -> str:
        if image_id in previous:
            return previous[image_id]
        if image_id in group_of:
            return side_of_group[group_of[image_id]]
        return own_subset(image_id, ratios, seed)

    return {image_id: subset(image_id) for image_id in images}


def own_subset(image_id: str, ratios: Ratios, seed: int) -> str:
    """The subset that an image has by itself; a draw in the ratios that the id decides."""
    drawn = seed_for(seed, "side", image_id) / 2**63
    if drawn < ratios.test:
        return "test"
    return "valid" if drawn < ratios.test + ratios.valid else "train"


def merged_groups(group_of: dict[str, str], previous: dict[str, str]) -> int:
    """How many groups hold images of several subsets of the previous split."""
    groups = group_members(group_of).values()
    return sum(len({previous[i] for i in group if i in previous}) > 1 for group in groups)


def group_members(group_of: dict[str, str]) -> dict[str, list[str]]:
    """The image ids of each group, by its key."""
    members: dict[str, list[str]] = {}
    for image_id, key in group_of.items():
        members.setdefault(key, []).append(image_id)
    return members


def _strictest(subsets: set[str]) -> str:
    return next(subset for subset in STRICTEST_FIRST if subset in subsets)
