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
    """How many images of each class are in each subset."""
    counts = {}
    for label, images in by_class.items():
        subsets = Counter(subset_of.get(image.id) for image in images)
        counts[label] = Counts(*(subsets[subset] for subset in SUBSETS))
    return counts


def class_metrics(
    by_class: dict[str, list[Labeled]], counts: dict[str, Counts], quotas: dict[str, Counts]
) -> dict[str, Any]:
    """Images and classes by subset, and how far the subsets are from what was wanted.

    Args:
        by_class: the images of each class that may take part.
        counts: how many of them are in each subset.
        quotas: how many of them should be; empty where nothing in particular was wanted.
    """
    learned = {label: of_class for label, of_class in counts.items() if any(of_class)}
    totals = {subset: sum(getattr(c, subset) for c in learned.values()) for subset in SUBSETS}
    images = sum(totals.values())
    metrics: dict[str, Any] = {
        "images": images,
        "classes": len(learned),
        **totals,
        "left_out": sum(map(len, by_class.values())) - images,
        **{f"classes_without_{subset}": len(classes_without(subset, counts)) for subset in SUBSETS},
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
        subset_of: the subset of each image of the split, by id.
        group_of: the group of an image, by id.
        links: pairs of ids of near-duplicates.
        previous: the subsets of an earlier split, by id.
    """
    sizes = Counter(group_of[image_id] for image_id in subset_of if image_id in group_of)
    groups = [size for size in sizes.values() if size > 1]
    return {
        "groups": len(groups),
        "grouped_images": sum(groups),
        "largest_group": max(groups, default=0),
        "links_across_subsets": sum(
            a in subset_of and b in subset_of and subset_of[a] != subset_of[b] for a, b in links
        ),
        "merged_groups": merged_groups(group_of, previous),
    }


def classes_without(subset: str, counts: dict[str, Counts]) -> list[str]:
    """The classes without an image in a subset; for validation and test, of those in the split."""
    return [
        label
        for label, of_class in counts.items()
        if getattr(of_class, subset) == 0 and (subset == "train" or any(of_class))
    ]


def remarks(counts: dict[str, Counts], metrics: dict[str, Any]) -> list[str]:
    """What a user should know before training, a line each; nothing where all is well."""
    lines = []
    for subset, name, what in (
        ("train", "training", ", so they are left out of the split"),
        ("valid", "validation", ""),
        ("test", "test", ""),
    ):
        if missing := classes_without(subset, counts):
            lines.append(f"no {name} images{what}: {_classes(missing)}")
    if across := metrics["links_across_subsets"]:
        lines.append(f"near-duplicates in different subsets: {across} pairs")
    if merged := metrics["merged_groups"]:
        lines.append(
            f"groups with images in several subsets of split.previous, not moved: {merged}"
        )
    return lines


def _classes(names: list[str]) -> str:
    return f"{len(names)} class{'es' * (len(names) > 1)}, {some_of(names)}"
