"""The files in an archive, and the links among them, followed as in a folder."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.ingest.reading import Stream
from lookalike.terminal.listing import counted, some_of
from lookalike.terminal.progress import say

MOST_HOPS = 40  # as Linux follows them
OUTSIDE = "its name leads out of the archive"
NOWHERE = "is a link to nothing in the archive"
OUT = "is a link out of the archive"


class Link(NamedTuple):
    """Where a link leads to.

    Attributes:
        target: as it is written.
        from_top: whether it is a path from the top of the archive, as that of a hard link in a tar.
    """

    target: str
    from_top: bool = False


class Member(NamedTuple):
    """A file in an archive: its size, how to read it, and why that is refused, if it is."""

    size: int
    open: Callable[[], Stream] | None = None
    problem: str | None = None
    link: Link | None = None


Folder = dict[str, "Member | Folder"]


def parts_of(name: str) -> list[str]:
    """The parts of a path in an archive, where every path is one from the top."""
    return [part for part in name.split("/") if part not in {"", "."}]


def files_of(members: list[tuple[str, Member]], name: str) -> dict[str, Member]:
    """The files by their paths; of those with the same path the last counts.

    Links to files and folders in the archive are followed, one that leads back to a folder that it
    is in is not: as `FolderSource` does it.

    Args:
        members: paths, with `/` between folders, and what is there, in the order of the archive.
        name: what to call the archive in an error.

    Raises:
        LookalikeError: the links make paths without end.
    """
    top: Folder = {}
    files: dict[str, Member] = {}
    for path, member in members:
        parts = parts_of(path)
        if ".." in parts or not parts:
            files["/".join(parts)] = member._replace(problem=OUTSIDE)
            continue
        folder = top
        for part in parts[:-1]:
            inner = folder.get(part)
            if not isinstance(inner, dict):
                inner = folder[part] = {}
            folder = inner
        folder[parts[-1]] = member
    most = 10 * len(members) + 1000
    for path, member in _walk([top], []):
        files[path] = member
        if len(files) > most:
            raise LookalikeError(f"ingest.source: {name}: its links make more than {most} paths")
    return files


def say_replaced(members: list[tuple[str, Member]], name: str) -> None:
    """Say which members a later one of the same path replaces, as it would in unpacking."""
    times = Counter("/".join(parts_of(path)) for path, _ in members)
    paths = sorted(path for path, number in times.items() if number > 1)
    if paths:
        earlier = counted(len(members) - len(times), "earlier file")
        say(
            f"ingest.source: {name}: {earlier} replaced by the last of the same name, as in "
            f"unpacking: {some_of(paths)}"
        )


def _walk(
    place: list[Folder], names: list[str], above: tuple[Folder, ...] = ()
) -> Iterator[tuple[str, Member]]:
    """The files below a folder.

    Args:
        place: the folder, last, and those that it is in, from the top.
        names: how it was reached: by its own path, or by links.
        above: the folders on the way there.
    """
    above = (*above, place[-1])
    for name, found in sorted(place[-1].items()):
        inner = [*place, found] if isinstance(found, dict) else []
        if isinstance(found, Member) and found.link is not None:
            led = _followed(place, found, found.link)
            found, inner = (led[-1], led) if isinstance(led, list) else (led, [])
        if isinstance(found, Member):
            yield "/".join([*names, name]), found
        elif not any(found is folder for folder in above):
            yield from _walk(inner, [*names, name], above)


def _followed(place: list[Folder], member: Member, link: Link) -> Member | list[Folder]:
    """The file that a link leads to in the end, or the folder, after those that it is in."""
    hops = 0
    waiting: list[str] = []
    while True:
        if link.target.startswith("/") and not link.from_top:
            return member._replace(problem=OUT)
        place = place[:1] if link.from_top else list(place)
        waiting += link.target.split("/")[::-1]
        while waiting:
            part = waiting.pop()
            found = place[-1] if part in {"", "."} else place[-1].get(part)
            if part == "..":
                if len(place) == 1:
                    return member._replace(problem=OUT)
                place.pop()
            elif isinstance(found, dict):
                if found is not place[-1]:
                    place.append(found)
            elif found is not None and found.link is not None and hops < MOST_HOPS:
                hops += 1
                link = found.link
                break
            elif found is None or found.link is not None or any(waiting):
                return member._replace(problem=NOWHERE)
            else:
                return found
        else:
            return place
