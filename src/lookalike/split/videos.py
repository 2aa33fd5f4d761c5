"""Frames of one video belong together: between two of them less changes than between two videos."""

import pyarrow as pa
from scipy.cluster.hierarchy import DisjointSet

from lookalike.images.shards import FRAME_OF


def joined_by_video(group_of: dict[str, str], images: pa.Table) -> dict[str, str]:
    """Groups of images, of which those that hold frames of one video are one.

    Args:
        group_of: the group of an image, by id; an image that is not in it is a group of its own.
        images: the metadata of an image store. Where its column `frame_of` names a video, the image
            is one of its frames.

    Returns:
        The group of an image, by id; its name is its smallest id.
    """
    if FRAME_OF not in images.column_names:
        return group_of
    joined = DisjointSet([*group_of, *group_of.values()])
    for image, group in group_of.items():
        joined.merge(image, group)
    first_of: dict[str, str] = {}
    for image, video in zip(*(images[n].to_pylist() for n in ("id", FRAME_OF)), strict=True):
        if video is not None:
            joined.add(image)
            joined.merge(image, first_of.setdefault(video, image))
    members = (sorted(subset) for subset in joined.subsets())
    return {image: group[0] for group in members if len(group) > 1 for image in group}
