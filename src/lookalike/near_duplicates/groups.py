"""Groups of images that are to fall in one subset, from links between pairs of them."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from scipy.cluster.hierarchy import DisjointSet

from lookalike.near_duplicates.links import Link


class Groups(NamedTuple):
    """Which images belong together.

    Attributes:
        group_of: the group of each linked image, by id; its name is its smallest id.
        refused: links between two groups: together they would have been too large.
    """

    group_of: dict[str, str]
    refused: list[Link]

    def sizes(self) -> list[int]:
        """Images of each group, largest first."""
        return sorted(Counter(self.group_of.values()).values(), reverse=True)


def group(links: Iterable[Link], max_size: int) -> Groups:
    """Join images along their links, the nearest first, as Kruskal's algorithm does.

    A link that would make a group larger than `max_size` is refused: a chain of images, each like
    the next, would else take everything. The order of the links is no matter.
    """
    nearest_first = sorted(links, key=lambda link: (link.difference, link.one, link.other))
    groups = DisjointSet(image for link in nearest_first for image in (link.one, link.other))
    refused = []
    for link in nearest_first:
        if groups.connected(link.one, link.other):
            continue
        if groups.subset_size(link.one) + groups.subset_size(link.other) > max_size:
            refused.append(link)
        else:
            groups.merge(link.one, link.other)
    members = sorted(sorted(subset) for subset in groups.subsets())
    group_of = {image: subset[0] for subset in members if len(subset) > 1 for image in subset}
    return Groups(group_of, refused)
