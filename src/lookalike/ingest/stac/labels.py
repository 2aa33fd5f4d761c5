"""The label of a STAC item: one of its properties, or what its label asset says.

The label asset is a GeoJSON file whose features carry the label as a property:
https://github.com/stac-extensions/label and https://github.com/stac-extensions/ml-aoi
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import parse_json
from lookalike.ingest.parquet_file import NotParquetError, rows_of
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.items import property_names
from lookalike.terminal.listing import some_of

Read = Callable[[str], bytes]
READERS = 16
# A label asset holds the outline of one image; as objects, its numbers take many times its bytes.
LABEL_ASSET = Allowance(16 * 2**20, images_only=False)
MARKS = {"label", "labels", "labels-vector"}


class ItemLabel(NamedTuple):
    """A label, or None; and why it cannot be known, where that is so."""

    label: str | None
    problem: str | None = None


def labels_of(table: pa.Table, name: str, read: Read, origin: str) -> list[ItemLabel]:
    """The label of every item.

    Args:
        table: items.
        name: the property that holds it, of the item or of the features in its label asset.
        read: the bytes of an asset by its address; called from several threads.
        origin: what to call the items in an error.

    Raises:
        LookalikeError: no item says anything under that name.
    """
    columns = ["assets"] + ([name] if name in table.column_names else [])
    with ThreadPoolExecutor(READERS, thread_name_prefix="labels") as readers:
        try:
            rows = rows_of(table.select(columns))
        except NotParquetError as error:
            raise LookalikeError(f"{origin}: {name!r} {error}") from None
        labels = list(readers.map(lambda row: _label_of(row, name, read), rows))
    if all(label == ItemLabel(None) for label in labels):
        raise LookalikeError(
            f"{origin}: no item has a property {name!r}, nor a label asset with it; the properties "
            f"are {', '.join(property_names(table))}"
        )
    return labels


def text_of(value: Any) -> str | None:
    """A property as text: a name or a number, 1.0 as 1; None where it is missing.

    Raises:
        ValueError: it is something else.
    """
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # in a column with others that are not whole
    if isinstance(value, int | float):
        return str(value).lower()  # true, false
    raise ValueError(f"{value!r} is neither text nor a number")


def _label_of(row: dict[str, Any], name: str, read: Read) -> ItemLabel:
    try:
        label = text_of(row.get(name))
        href = _label_asset(row["assets"]) if label is None else None
        if href is None:
            return ItemLabel(label)
        found = sorted(_labels_in(read(href), name))
    except ValueError as error:
        return ItemLabel(None, f"its label cannot be read: {error}")
    except UnreadableError as error:
        return ItemLabel(None, f"its label asset cannot be read: {error}")
    if len(found) > 1:
        return ItemLabel(None, f"its label asset has several labels: {some_of(found)}")
    return ItemLabel(found[0] if found else None)


def _label_asset(assets: dict[str, dict[str, Any] | None]) -> str | None:
    for key, asset in sorted(assets.items()):
        if (
            asset
            and asset.get("href")
            and (asset.get("type") or "").startswith("application/geo+json")
        ):
            marks = {key, asset.get("ml-aoi:role"), *(asset.get("roles") or [])}
            if marks & MARKS:
                return str(asset["href"])
    return None


_parsing = Lock()  # one after the other, so that the objects of one are there at a time


def _labels_in(data: bytes, name: str) -> set[str]:
    try:
        with _parsing:
            content = parse_json(data)
            features = content.get("features", [content])
            values = [(feature.get("properties") or {}).get(name) for feature in features]
            del content, features
    except (ValueError, AttributeError, TypeError):
        raise ValueError("its label asset is not GeoJSON") from None
    return {label for label in map(text_of, values) if label is not None}
