"""What `metrics/split.json` says of a split, and the lines on the screen."""

from collections import Counter
from typing import Any

from lookalike.images.split_file import SUBSETS
from lookalike.split.hashed import merged_groups
from lookalike.split.quotas import Counts
from lookalike.split.select import Labeled
from lookalike.terminal.listing import some_of


def count_images(
    by_class: dict[str, list[Labeled]], subset_of: dict[str, str]
) -> dict[str, Counts]:
    """How many images of each class are on each side."""
    counts = {}
    for label, images in by_class.items():
        sides = Counter(subset_of.get(image.id) for image in images)
        counts[label] = Counts(*(sides[side] for side in SUBSETS))
    return counts


def class_metrics(
    by_class: dict[str, list[Labeled]], counts: dict[str, Counts], quotas: dict[str, Counts]
) -> dict[str, Any]:
    """Images and classes by side, and how far the sides are from what was wanted.

    Args:
        by_class: the images of each class that may take part.
        counts: how many of them are on each side.
        quotas: how many of them should be; empty where nothing in particular was wanted.
    """
    learned = {label: of_class for label, of_class in counts.items() if any(of_class)}
    totals = {side: sum(getattr(c, side) for c in learned.values()) for side in SUBSETS}
    images = sum(totals.values())
    metrics: dict[str, Any] = {
        "images": images,
        "classes": len(learned),
        **totals,
        "left_out": sum(map(len, by_class.values())) - images,
        **{f"classes_without_{side}": len(classes_without(side, counts)) for side in SUBSETS},
    }
    if quotas:
        metrics["largest_deviation"] = max(
            (
                abs(found - wanted)
                for label, of_class in learned.items()
                for found, wanted in zip(of_class, quotas[label], strict=True)
            ),
            default=0,
        )
    return metrics


def group_metrics(
    subset_of: dict[str, str],
    group_of: dict[str, str],
    links: list[tuple[str, str]],
    previous: dict[str, str],
) -> dict[str, int]:
    """Groups of two images or more, and what holds them apart.

    Args:
        subset_of: the side of each image of the split, by id.
        group_of: the group of an image, by id.
        links: pairs of ids of near-duplicates.
        previous: the sides of an earlier split, by id.
    """
    sizes = Counter(group_of[image_id] for image_id in subset_of if image_id in group_of)
    groups = [size for size in sizes.values() if size > 1]
    return {
        "groups": len(groups),
        "grouped_images": sum(groups),
        "largest_group": max(groups, default=0),
        "links_across_sides": sum(
            a in subset_of and b in subset_of and subset_of[a] != subset_of[b] for a, b in links
        ),
        "merged_groups": merged_groups(group_of, previous),
    }


def classes_without(side: str, counts: dict[str, Counts]) -> list[str]:
    """The classes that have no image on a side; for validation and test, of those in the split."""
    return [
        label
        for label, of_class in counts.items()
        if getattr(of_class, side) == 0 and (side == "train" or any(of_class))
    ]


def remarks(counts: dict[str, Counts], metrics: dict[str, Any]) -> list[str]:
    """What a user should know before training, a line each; nothing where all is well."""
    lines = []
    for side, name, what in (
        ("train", "training", ", so they are left out of the split"),
        ("valid", "validation", ""),
        ("test", "test", ""),
    ):
        if missing := classes_without(side, counts):
            lines.append(f"no {name} images{what}: {_classes(missing)}")
    if across := metrics["links_across_sides"]:
        lines.append(f"near-duplicates on different sides: {across} pairs")
    if merged := metrics["merged_groups"]:
        lines.append(f"groups with images on several sides of split.previous, not moved: {merged}")
    return lines


def _classes(names: list[str]) -> str:
    return f"{len(names)} class{'es' * (len(names) > 1)}, {some_of(names)}"
