"""Duplicates that a split puts in two subsets: exact ones, and near ones.

Of exact duplicates the image store holds one. Where the source puts the others into another subset
its split leaks all the same, whoever else trains by it.
"""

from dataclasses import dataclass
from pathlib import Path

from lookalike.core.csv_file import read_csv
from lookalike.images.subset_names import usual_name
from lookalike.near_duplicates.links import Link


@dataclass(frozen=True)
class ExactDuplicate:
    """A file that ingest left out and the equal one that it kept, each with the source's split."""

    path: str
    duplicate_of: str
    source_split: str | None
    kept_in: str | None


@dataclass(frozen=True)
class Leak:
    """Two duplicates in two subsets of a split; exact ones differ by 0."""

    one: str
    other: str
    subsets: tuple[str, str]
    difference: float


def read_exact_duplicates(rejected: Path, split_of: dict[str, str | None]) -> list[ExactDuplicate]:
    """The exact duplicates that ingest listed; none where the list is missing.

    Args:
        rejected: the list of the rejected.
        split_of: of each path in the image store, the source's split by its usual name.
    """
    if not rejected.is_file():
        return []
    return [
        ExactDuplicate(
            entry["path"],
            entry["duplicate_of"],
            usual_name(entry["source_split"] or None),
            split_of.get(entry["duplicate_of"]),
        )
        for entry in read_csv(rejected)
        if entry.get("kind") == "duplicate"
    ]


def exact_leaks(exact: list[ExactDuplicate]) -> list[Leak]:
    """The exact duplicates that the source puts in two subsets of its split."""
    return [
        Leak(copy.path, copy.duplicate_of, (copy.source_split, copy.kept_in), 0.0)
        for copy in exact
        if copy.source_split and copy.kept_in and copy.source_split != copy.kept_in
    ]


def near_leaks(
    links: list[Link], row_of: dict[str, int], paths: list[str], subset_of: dict[int, str]
) -> list[Leak]:
    """The near-duplicates that a split puts in two subsets, nearest first.

    Args:
        links: pairs of near-duplicates.
        row_of: the row of an image, by its id.
        paths: of the rows.
        subset_of: the subset of each row that the split has.
    """
    found = []
    for link in links:
        one, other = sorted((row_of[link.one], row_of[link.other]), key=paths.__getitem__)
        if one in subset_of and other in subset_of and subset_of[one] != subset_of[other]:
            subsets = subset_of[one], subset_of[other]
            found.append(Leak(paths[one], paths[other], subsets, link.difference))
    return sorted(found, key=lambda leak: (leak.difference, leak.one, leak.other))
