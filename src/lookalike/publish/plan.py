"""What publishing would do, told before it is done."""

from typing import NamedTuple

from lookalike.index.index import Index
from lookalike.publish.pointer import Pointer, StoredVersion


class Plan(NamedTuple):
    """What publishing would do.

    Attributes:
        version: the name of the version that would be current.
        images: how many it would write: those that are not there, or with `rewrite` all.
        removed: versions that it would remove.
        is_current: whether the version is current already.
    """

    version: str
    images: int
    removed: list[str]
    is_current: bool


def plan_from(pointer: Pointer, index: Index, keep_versions: int, is_written: bool) -> Plan:
    """What publishing to a store with a pointer would do; see `Store.plan`.

    Args:
        pointer: the pointer, as it is.
        index: the index.
        keep_versions: how many earlier versions stay.
        is_written: whether the images would be written.
    """
    version = StoredVersion.of(index, "", {})
    is_current = pointer.current is not None and pointer.current.version == version.version
    removed = pointer.left_out_of(pointer.moved_to(version, keep_versions))
    return Plan(version.version, len(index) if is_written else 0, removed, is_current)
