"""Exact and near duplicates of the image store, and splits that tear them apart."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lookalike.core.layout import Layout
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.images.subset_names import usual_name
from lookalike.near_duplicates.groups import group
from lookalike.near_duplicates.links import find_links
from lookalike.near_duplicates.params import NearDuplicates
from lookalike.project.leaks import (
    ExactDuplicate,
    Leak,
    exact_leaks,
    near_leaks,
    read_exact_duplicates,
)
from lookalike.project.parameters import read_all

SOURCE_SPLIT = "source_split"


@dataclass(frozen=True)
class Member:
    """An image of a group, by its row in the image store."""

    row: int
    path: str


@dataclass(frozen=True)
class Duplicates:
    """What there is twice.

    Attributes:
        exact: sorted by path.
        links: how many pairs of near-duplicates there are.
        refused: how many of them join no group, which would have been too large.
        groups: largest first, members sorted by path.
        subsets: of each split that was checked, by its name: the subset of each row.
        leaks: of each split that was checked, by its name; nearest first.
    """

    exact: list[ExactDuplicate]
    links: int
    refused: int
    groups: list[list[Member]]
    subsets: dict[str, dict[int, str]]
    leaks: dict[str, list[Leak]]

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "exact": [asdict(copy) for copy in self.exact],
            "links": self.links,
            "refused": self.refused,
            "groups": [[image.path for image in members] for members in self.groups],
            "leaks": {name: [asdict(leak) for leak in found] for name, found in self.leaks.items()},
        }


def find_duplicates(project: Layout, split: Path | None) -> Duplicates:
    """Find duplicates with the project's thresholds, or the default ones where it looks for none.

    Args:
        project: the project; its `data/rejected.csv` may be missing.
        split: a split to check; None for the project's own where there is one. The source's own
            split is checked too, where it has one.

    Raises:
        LookalikeError: the parameters have mistakes, there is no image store, or no such split.
    """
    params = read_all(project.params)
    thresholds = params.split.near_duplicates or NearDuplicates()
    images = ImageStore(project.images)
    store = images.metadata.select(["id", "path", SOURCE_SPLIT])
    subsets = {}
    if split is not None or project.split.is_file():
        path = split or project.split
        subsets[str(path)] = {image.row: image.split for image in read_split(path, images)}
    paths = store["path"].to_pylist()
    of_source = [usual_name(split) for split in store[SOURCE_SPLIT].to_pylist()]
    if any(of_source):
        subsets[SOURCE_SPLIT] = {
            row: subset for row, subset in enumerate(of_source) if subset is not None
        }
    exact = read_exact_duplicates(project.rejected, dict(zip(paths, of_source, strict=True)))

    row_of = {image_id: row for row, image_id in enumerate(store["id"].to_pylist())}
    links = find_links(images, thresholds, params.machine.workers)
    groups = group(links, thresholds.max_group_size)
    members: dict[str, list[Member]] = {}
    for image_id, name in groups.group_of.items():
        row = row_of[image_id]
        members.setdefault(name, []).append(Member(row, paths[row]))
    leaks = {
        name: near_leaks(links, row_of, paths, subset_of) for name, subset_of in subsets.items()
    }
    if SOURCE_SPLIT in leaks:
        leaks[SOURCE_SPLIT] = exact_leaks(exact) + leaks[SOURCE_SPLIT]
    by_path = [sorted(images, key=lambda image: image.path) for images in members.values()]
    return Duplicates(
        exact=exact,
        links=len(links),
        refused=len(groups.refused),
        groups=sorted(by_path, key=lambda images: (-len(images), images[0].path)),
        subsets=subsets,
        leaks=leaks,
    )


def describe(found: Duplicates) -> list[str]:
    """What was found, for people: a line for each duplicate, each group and each leak."""
    lines = [f"exact duplicates: {len(found.exact)}"]
    lines += [f"  {copy.path}: duplicate of {copy.duplicate_of}" for copy in found.exact]
    images = sum(len(members) for members in found.groups)
    lines.append(
        f"near-duplicates: {found.links} pairs; {images} images in {len(found.groups)} groups; "
        f"{found.refused} pairs apart, as their group would be too large"
    )
    lines += ["  " + ", ".join(image.path for image in members) for members in found.groups]
    for name, leaks in found.leaks.items():
        lines.append(
            f"leaks in {name}: {len(leaks)} of the pairs are in two subsets{_between(leaks)}"
        )
        lines += [
            f"  {leak.one} ({leak.subsets[0]}), {leak.other} ({leak.subsets[1]})" for leak in leaks
        ]
    return lines


def _between(leaks: list[Leak]) -> str:
    counts = Counter(" and ".join(sorted(leak.subsets)) for leak in leaks)
    between = ", ".join(f"{subsets} {count}" for subsets, count in sorted(counts.items()))
    return f" ({between})" if between else ""
