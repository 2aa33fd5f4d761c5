"""A static STAC catalog: JSON files that lead to each other, in a folder or on a server."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pystac
from pystac.utils import str_to_datetime

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import parse_json
from lookalike.core.regular_file import open_regular
from lookalike.core.secrets import without_secrets
from lookalike.ingest.params import CATALOGUE_FILES
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.hrefs import absolute, decoded, is_below, local_path
from lookalike.ingest.table_values import is_plain

MOST_BYTES = 64 * 2**20  # of a file; that of an item has some kilobytes
MOST_NESTED = 40  # of lists and objects in an item; Arrow holds 64
# Properties that a table holds as times.
DATES = (
    "datetime",
    "start_datetime",
    "end_datetime",
    "created",
    "updated",
    "expires",
    "published",
    "unpublished",
)
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


def complete_item(content: Any, href: str | None) -> dict[str, Any]:
    """An item as GeoJSON of the newest STAC version, the addresses of its assets absolute.

    Args:
        content: what its file or the answer of an API holds.
        href: where it is, for relative addresses.

    Raises:
        UnreadableError: it is not a STAC item.
    """
    try:
        _check_values(content)
        item = pystac.Item.from_dict(content, href=href)
        for asset in item.assets.values():
            asset.href = _normal(asset.get_absolute_href() or asset.href)
        complete: dict[str, Any] = item.to_dict(include_self_link=False, transform_hrefs=False)
    except UnreadableError:
        raise
    except Exception as error:  # whatever is wrong with it, from a type to a date
        raise UnreadableError(f"is not a STAC item: {_one_line(error)}") from None
    return complete


def _check_values(content: Any) -> None:
    """Raise UnreadableError for what pystac takes and a table cannot hold."""
    if not isinstance(content, dict):
        raise UnreadableError("is not a STAC item")
    if not isinstance(content.get("id"), str) or not content["id"]:
        raise UnreadableError(f"is not a STAC item: its id is {content.get('id')!r}, not text")
    if not isinstance(content.get("assets"), dict):
        raise UnreadableError("is not a STAC item: it has no assets")
    for key, asset in content["assets"].items():
        if not isinstance(asset, dict) or not isinstance(asset.get("href"), str):
            raise UnreadableError(f"is not a STAC item: its asset {key!r} has no address")
    for key, kind in (("properties", dict), ("links", list)):
        if not isinstance(content.get(key), kind):
            raise UnreadableError(f"is not a STAC item: its {key} are missing")
    if not isinstance(content.get("geometry"), dict | None):
        raise UnreadableError("is not a STAC item: its geometry is no GeoJSON")
    if not isinstance(content.get("collection"), str | None):
        raise UnreadableError("is not a STAC item: its collection is not text")
    if not _is_box(content.get("bbox")):
        raise UnreadableError("is not a STAC item: its bbox is not 4 or 6 numbers")
    extensions = content.get("stac_extensions") or []
    if not isinstance(extensions, list) or not all(isinstance(each, str) for each in extensions):
        raise UnreadableError("is not a STAC item: its extensions are not addresses")
    for name in DATES:
        if (date := content["properties"].get(name)) is not None:
            _check_date(name, date)
    _check_inside(content)


def _is_box(box: Any) -> bool:
    return not box or (
        isinstance(box, list)
        and len(box) in {4, 6}
        and all(isinstance(edge, int | float) for edge in box)
    )


def _check_date(name: str, date: Any) -> None:
    try:
        timestamp = str_to_datetime(date).astimezone(UTC)
        pa.scalar(timestamp, pa.timestamp("us", "UTC"))
    except Exception:  # of any kind: the text is parsed by one library, and held by another
        raise UnreadableError(f"is not a STAC item: its {name} is {date!r:.100}") from None


def _check_inside(value: Any, depth: int = 0) -> None:
    """Raise UnreadableError for values that a table cannot hold, wherever they are."""
    if isinstance(value, dict | list):
        if depth >= MOST_NESTED:
            raise UnreadableError(f"is nested deeper than {MOST_NESTED} times")
        for key in value if isinstance(value, dict) else ():
            _check_inside(key, depth + 1)
            if "\0" in key:  # Arrow takes it for the end of the name
                raise UnreadableError("has a name with a null character")
        for inner in value.values() if isinstance(value, dict) else value:
            _check_inside(inner, depth + 1)
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise UnreadableError("has a whole number of more than 64 bits")
    elif isinstance(value, str) and not is_plain(value):
        raise UnreadableError("has text that is not Unicode")


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
            f"{without_secrets(href)}: is not a STAC catalog: {_one_line(error)}"
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
    return _normal(link.get_absolute_href() or str(link.target))


def _normal(href: str) -> str:
    """An address without `..` where it is a local path, so that it can be held against a folder."""
    path = local_path(href)
    return href if path is None else absolute(decoded(path))


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
