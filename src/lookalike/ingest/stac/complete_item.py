"""An item that strangers have written, in the newest version, or why it is none."""

from datetime import UTC
from typing import Any

import pyarrow as pa
import pystac
from pystac.utils import str_to_datetime

from lookalike.core.errors import one_line
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.hrefs import normal
from lookalike.ingest.table_values import is_plain

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
            asset.href = normal(asset.get_absolute_href() or asset.href)
        complete: dict[str, Any] = item.to_dict(include_self_link=False, transform_hrefs=False)
    except UnreadableError:
        raise
    except Exception as error:  # whatever is wrong with it, from a type to a date
        raise UnreadableError(f"is not a STAC item: {kind_and_reason(error)}") from None
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


def kind_and_reason(error: Exception) -> str:
    """What a library objects to, on one line, with the kind of its error."""
    return f"{type(error).__name__}: {one_line(error)}"
