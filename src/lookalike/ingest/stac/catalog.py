"""A static STAC catalog: JSON files that lead to each other, in a folder or on a server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pystac

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import parse_json
from lookalike.core.regular_file import open_regular
from lookalike.core.secrets import without_secrets
from lookalike.ingest.params import CATALOGUE_FILES
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.complete_item import complete_item, kind_and_reason
from lookalike.ingest.stac.hrefs import absolute, is_below, local_path, normal

# Of a file, or of an unpacked answer: an item has some kilobytes, a page of a hundred a megabyte.
MOST_BYTES = 64 * 2**20
MOST_DEPTH = 64  # of catalogs in catalogs
FREEZE = "freeze the catalog first: lookalike stac-items"

ReadJson = Callable[[str], Any]


class FoundItem(NamedTuple):
    """An item that a catalog links to, as GeoJSON; or why it cannot be had.

    Attributes:
        href: where it is.
        item: its content, the addresses of its assets absolute; None where it cannot be had.
        problem: why not.
    """

    href: str
    item: dict[str, Any] | None
    problem: str | None = None


def root_of(folder: str) -> str | None:
    """The file at the top of a folder that makes it a catalog; None where it is none."""
    return next((str(p) for name in CATALOGUE_FILES if (p := Path(folder, name)).is_file()), None)


def walk(root: str, read: ReadJson) -> Iterator[FoundItem]:
    """Yield every item that a catalog leads to, once each, in the order of its links.

    Nothing but `child` and `item` links is followed.

    Args:
        root: the address of the topmost file.
        read: the JSON at an address; raises `UnreadableError`.

    Raises:
        LookalikeError: a catalog or collection cannot be read, or is none; or catalogs lie in each
            other without end.
    """
    seen = {_real(root)}
    waiting = [(root, 0)]
    while waiting:
        place, depth = waiting.pop()
        if depth > MOST_DEPTH:
            raise LookalikeError(
                f"{without_secrets(place)}: is a catalog in a catalog, {depth} times over"
            )
        for link in _catalog(place, read).links:
            if (
                link.rel in ("child", "item")
                and (real := _real(href := _absolute(link))) not in seen
            ):
                seen.add(real)
                if link.rel == "child":
                    waiting.append((href, depth + 1))
                else:
                    yield _item(href, read)


def folder_reader(folder: str) -> ReadJson:
    """Read JSON inside of a folder, and nothing else.

    Raises:
        LookalikeError: later, for an address that leads out of the folder.
    """

    def read(href: str) -> Any:
        if inside(folder, href) is None:
            raise LookalikeError(
                f"ingest.source: {folder}: it links to {without_secrets(href)}, which is not in "
                f"this folder; {FREEZE} {folder}"
            )
        return read_local_json(href)

    return read


def inside(folder: str, href: str) -> str | None:
    """The path of an absolute address below a folder; None where it, or its link, leads out."""
    path = local_path(href)
    top = absolute(folder)
    if path is None or not Path(path).is_relative_to(top) or not is_below(path, [folder]):
        return None
    return Path(path).relative_to(top).as_posix()


def read_local_json(href: str) -> Any:
    """The JSON in a file on this machine.

    Raises:
        UnreadableError: it is missing, or is not JSON.
    """
    try:
        with open_regular(Path(href.removeprefix("file://"))) as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise UnreadableError(f"is larger than {MOST_BYTES // 2**20} MiB")
        return parse_json(data)
    except FileNotFoundError:
        raise UnreadableError("there is no such file") from None
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise UnreadableError("is not JSON") from None


def _catalog(href: str, read: ReadJson) -> pystac.Catalog:
    try:
        content = read(href)
        kind = pystac.Collection if content.get("type") == "Collection" else pystac.Catalog
        return kind.from_dict(content, href=href)
    except LookalikeError:
        raise
    except UnreadableError as error:
        raise LookalikeError(f"{without_secrets(href)}: {error}") from None
    except Exception as error:  # whatever is wrong with it
        raise LookalikeError(
            f"{without_secrets(href)}: is not a STAC catalog: {kind_and_reason(error)}"
        ) from None


def _item(href: str, read: ReadJson) -> FoundItem:
    try:
        return FoundItem(href, complete_item(read(href), href))
    except UnreadableError as error:
        return FoundItem(href, None, str(error))


def _real(href: str) -> str:
    """One address for each place: links of the file system make others."""
    path = local_path(href)
    return href if path is None or "\0" in path else os.path.realpath(path)


def _absolute(link: pystac.Link) -> str:
    return normal(link.get_absolute_href() or str(link.target))
