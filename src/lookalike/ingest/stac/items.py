"""STAC items as a table, laid out as stac-geoparquet does it: a row an item, a column a property.

The form: https://github.com/radiantearth/stac-geoparquet-spec
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from shapely.geometry import shape
from stac_geoparquet.arrow import parse_stac_items_to_arrow, to_parquet

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.json_file import parse_json
from lookalike.core.regular_file import open_regular
from lookalike.ingest.parquet_file import NotParquetError, ParquetFile
from lookalike.ingest.parquet_types import is_text
from lookalike.ingest.remote import is_remote

# What an item has beside its properties.
CORE = ("type", "stac_version", "stac_extensions", "geometry", "bbox", "links", "assets")
MOST_CELLS = 2**26  # of a table: names, of whatever is named in an item, times items
NOWHERE = {"type": "GeometryCollection", "geometries": []}

# An expression sees the table and nothing else: no file, no network, no variable of this process.
SEALED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}


def items_table(items: Iterable[dict[str, Any]], name: str) -> pa.Table:
    """Items as a table, sorted by collection and id; equal items are kept once.

    A property, or a field of an asset, with values of different kinds becomes text. Links are left
    out: they lead through the catalog, and say where it lay.

    Args:
        items: as GeoJSON features.
        name: what to call their origin in an error.

    Raises:
        LookalikeError: two different items have one collection and id, or the items do not make a
            table.
    """
    kept: list[dict[str, Any]] = []
    for item in sorted(items, key=_identity):
        if kept and _identity(item) == _identity(kept[-1]):
            if item != kept[-1]:
                collection, id = _identity(item)
                raise LookalikeError(
                    f"{name}: two different items have the id {id} in the collection {collection}"
                )
        else:
            kept.append(item)
    _check_names(kept, name)
    try:
        complete = list(map(_complete, kept))
        _make_uniform(complete)
        return parse_stac_items_to_arrow(complete).read_all()
    except Exception as error:  # whatever the libraries make of what people write
        reason = one_line(error)
        raise LookalikeError(f"{name}: its items do not make a table: {reason}") from None


def read_items(path: str, root: Path = Path()) -> pa.Table:
    """The items in a GeoParquet file; a relative path is below `root`.

    Raises:
        LookalikeError: the file is missing, is not Parquet, or holds no STAC items.
    """
    if is_remote(path):
        raise LookalikeError(
            f"ingest.source: {path}: a file of items has to be here: dvc import-url {path} data/"
        )
    try:
        with open_regular(root / path) as opened, closing(ParquetFile(opened)) as file:
            table = file.table(file.facts.columns)
    except FileNotFoundError:
        raise LookalikeError(f"ingest.source: {path}: there is no such file") from None
    except (NotParquetError, OSError) as error:
        reason = one_line(error, None)
        raise LookalikeError(f"ingest.source: {path}: is not a Parquet file: {reason}") from None
    table = _with_assets(table)
    names = table.column_names
    if "id" not in names or "assets" not in names or not _are_assets(table["assets"].type):
        raise LookalikeError(
            f"ingest.source: {path}: is not a GeoParquet file of STAC items; "
            "'lookalike stac-items' writes one"
        )
    return table


def _with_assets(table: pa.Table) -> pa.Table:
    """The table; assets that are JSON text, as some writers have them, as a struct."""
    if "assets" not in table.column_names or not is_text(table["assets"].type):
        return table
    rows = []
    for text in table["assets"].to_pylist():
        try:
            assets = parse_json(text or "{}")
            rows.append({key: _asset(value) for key, value in assets.items() if value})
        except (ValueError, AttributeError, TypeError):
            rows.append({})
    if not any(rows):
        return table
    place = table.column_names.index("assets")
    return table.set_column(place, "assets", pa.array(rows))


def _are_assets(kind: pa.DataType) -> bool:
    """Whether a column holds assets, and what is asked of them in the types that it has."""
    return pa.types.is_struct(kind) and all(
        pa.types.is_null(asset.type)
        or (pa.types.is_struct(asset.type) and all(map(_is_of_an_asset, asset.type)))
        for asset in kind
    )


def _is_of_an_asset(field: pa.Field) -> bool:
    kind = field.type
    if field.name == "roles" and (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        kind = kind.value_type
    elif field.name not in {"href", "type", "ml-aoi:role"}:
        return bool(field.name != "roles" or pa.types.is_null(kind))
    return pa.types.is_null(kind) or is_text(kind)


def _asset(value: dict[str, Any]) -> dict[str, Any]:
    """What is asked of an asset, in one type each."""
    roles, size = value.get("roles"), value.get("file:size")
    return {
        "href": str(value.get("href") or ""),
        "type": str(value.get("type") or ""),
        "roles": [str(role) for role in roles] if isinstance(roles, list) else [],
        "ml-aoi:role": str(value.get("ml-aoi:role") or ""),
        "file:size": size if isinstance(size, int) and 0 <= size < 2**63 else None,
    }


def property_names(table: pa.Table) -> list[str]:
    """The columns that an expression, a label or a split may name, sorted."""
    return sorted(set(table.column_names) - set(CORE))


def matching(table: pa.Table, where: str, name: str) -> pa.Table:
    """The rows for which an SQL expression over the columns is true, in their order.

    Args:
        table: items.
        where: in DuckDB's SQL; names with colons or dots are in double quotes.
        name: what to call the expression in an error: the parameter or option, and its origin.

    Raises:
        LookalikeError: it is not an expression over the columns, or matches nothing.
    """
    row = "item_row"
    while row in table.column_names:
        row += "_"
    # A geometry would need an extension of DuckDB; `bbox.xmin` to `bbox.ymax` are there.
    columns = table.drop_columns([n for n in ("geometry", "links") if n in table.column_names])
    columns = columns.append_column(row, pa.array(np.arange(len(table))))
    try:
        with duckdb.connect(":memory:", config=SEALED) as connection:
            found = connection.from_arrow(columns).filter(where).project(row).fetchnumpy()[row]
    except duckdb.Error as error:
        reason = str(error).partition("\n\nLINE")[0].partition("\nCandidate")[0]
        raise LookalikeError(
            f"{name}: {where!r}: {' '.join(reason.split())}; the columns are "
            f"{', '.join(property_names(table))}"
        ) from None
    if not len(found):
        raise LookalikeError(f"{name}: {where!r} matches none of the {len(table)} items")
    return table.take(pa.array(np.sort(found)))


def write_items(table: pa.Table, path: Path) -> None:
    """Write items as GeoParquet; the same table gives the same bytes."""
    to_parquet(table, path)


def _identity(item: dict[str, Any]) -> tuple[str, str]:
    return item.get("collection") or "", item["id"]


def _check_names(items: Sequence[dict[str, Any]], name: str) -> None:
    """Raise LookalikeError where a table would have a column for nearly every value."""
    names: set[str] = set()
    for item in items:
        names.update(_names_in(item))
        if len(names) * len(items) > MOST_CELLS:
            raise LookalikeError(
                f"{name}: {len(items)} items have more than {MOST_CELLS // len(items)} different "
                "names of properties, assets and their fields, which make no table; freeze fewer"
            )


def _names_in(value: Any, above: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{above}/{key}"
            yield path
            yield from _names_in(inner, path)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                yield from _names_in(inner, above)


def _complete(item: dict[str, Any]) -> dict[str, Any]:
    """An item in the form that the table needs: a geometry and a flat box, also where unknown."""
    geometry, box = item.get("geometry") or NOWHERE, item.get("bbox")
    try:
        bounds = shape(geometry).bounds
    except Exception:  # shapely's own, and whatever odd coordinates make it raise
        geometry, bounds = NOWHERE, [np.nan] * 4
    box = box or bounds
    flat = box if len(box) == 4 else (*box[:2], *box[3:5])
    return {**item, "geometry": geometry, "bbox": [float(edge) for edge in flat], "links": []}


def _make_uniform(items: Sequence[dict[str, Any]]) -> None:
    _make_columns_uniform([item["properties"] for item in items])
    for key in {key for item in items for key in item["assets"]}:
        _make_columns_uniform([item["assets"][key] for item in items if key in item["assets"]])


def _make_columns_uniform(rows: Sequence[dict[str, Any]]) -> None:
    for name in {name for row in rows for name in row}:
        values = [row[name] for row in rows if row.get(name) is not None]
        try:
            if len({isinstance(value, bool) for value in values}) > 1:
                raise pa.ArrowInvalid("Arrow takes a truth value among numbers for one of them")
            pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            for row in rows:
                value = row.get(name)
                if isinstance(value, float) and value.is_integer():
                    value = int(value)
                if not isinstance(value, str | None):
                    row[name] = json.dumps(value, sort_keys=True)
