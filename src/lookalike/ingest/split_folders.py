"""Folders such as `train`, `valid` and `test`, by which many data sets are split."""

from collections.abc import Collection
from typing import NamedTuple

from lookalike.images.split_file import SUBSETS
from lookalike.images.subset_names import subset_named

Folders = tuple[str, ...]


class SplitFolders(NamedTuple):
    """Where a source has them.

    Attributes:
        depth: how many folders they lie in.
        names: as they are spelled, in the order train, valid, test.
        below_classes: whether each class has its own, as in `cat/train` and `dog/train`.
    """

    depth: int
    names: tuple[str, ...]
    below_classes: bool

    def split_of(self, folders: Folders) -> str | None:
        """The split folder, as it is spelled, that a file lies in; None where it lies in none."""
        name = folders[self.depth] if len(folders) > self.depth else ""
        return name if subset_named(name) else None

    def folders_without(self, folders: Folders) -> Folders:
        """The folders that may say a label; none for a file that lies beside the split folders."""
        if self.split_of(folders) is None:
            return ()
        above = folders[: self.depth] if self.below_classes else ()
        return above + folders[self.depth + 1 :]


def find_split_folders(folders: Collection[Folders]) -> SplitFolders | None:
    """Find the split folders of a source.

    They lie at one depth: at the top, in the one folder that holds everything, or in every class.
    Folders of two subsets are needed, or that all files lie in those of a single one: a class
    `train` beside a class `bus` is no split.

    Args:
        folders: of every file the folders that it lies in, outermost first.
    """
    for depth in range(max(map(len, folders), default=0)):
        inside: dict[Folders, set[str]] = {}
        for path in folders:
            if len(path) > depth:
                inside.setdefault(path[:depth], set()).add(path[depth])
        names = set().union(*inside.values())
        known = {name for name in names if subset_named(name)}
        none_above = all(len(path) > depth for path in folders)
        if (
            all(found & known for found in inside.values())
            and (len(inside) == 1 or none_above)
            and (len(set(map(subset_named, known))) > 1 or (known == names and none_above))
        ):
            ordered = sorted(
                known, key=lambda name: (SUBSETS.index(subset_named(name) or ""), name)
            )
            return SplitFolders(depth, tuple(ordered), len(inside) > 1)
    return None
