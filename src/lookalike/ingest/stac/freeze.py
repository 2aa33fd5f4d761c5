"""Freeze the items of a STAC API or catalog into a GeoParquet file that DVC can watch."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.public_address import Address, is_public
from lookalike.core.secrets import without_secrets
from lookalike.ingest.remote import is_remote
from lookalike.ingest.stac.catalog import root_of, walk
from lookalike.ingest.stac.hrefs import HrefReader, absolute, joined, local_path
from lookalike.ingest.stac.items import items_table, matching, write_items
from lookalike.ingest.stac.labels import LABEL_ASSET, labels_of
from lookalike.ingest.stac.restricted import WEB, Surroundings
from lookalike.ingest.stac.server import StacServer
from lookalike.terminal.progress import track


def freeze(
    address: str,
    collections: Sequence[str],
    where: str | None,
    label: str | None,
    output: Path,
    root: Path,
    public: Callable[[Address], bool] = is_public,
) -> int:
    """Write the items of a STAC API or a static catalog as GeoParquet, whole or not at all.

    Sorted by collection and id: the same items give the same bytes. Local files below `root` are
    named relative to the file that is written, others by their absolute path. Signatures and tokens
    in addresses are left out. Seven parameters: what the command line asks for, and the project.

    Args:
        address: URL of an API or a catalog, or path of a catalog's folder or topmost file.
        collections: ids of the collections to take; none: all.
        where: keep the items for which this SQL expression over their properties is true.
        label: look this up as `ingest.stac.label` does, and store it as a property.
        output: the file to write.
        root: the project's folder.
        public: whether an address is on the open internet; see `Surroundings`.

    Returns:
        How many items were written.

    Raises:
        LookalikeError: the address cannot be read or is not STAC, an item cannot be read, there are
            no items, or the expression is bad.
    """
    server = StacServer(address, public)
    items = [
        _spelt(item, address, output, root, server.surroundings)
        for item in track(_items(server, address, collections), "items", None)
    ]
    if not items:
        among = f" in the collections {', '.join(collections)}" if collections else ""
        raise LookalikeError(f"{without_secrets(address)}: there are no items{among}")
    table = items_table(items, without_secrets(address))
    if where is not None:
        table = matching(table, where, "--where")
    if label is not None:
        table = with_labels(table, label, output.parent, server)
    with atomic_file(output) as partial:
        write_items(table, partial)
    return len(table)


def _items(
    server: StacServer, address: str, collections: Sequence[str]
) -> Iterator[dict[str, Any]]:
    if is_remote(address) and server.is_api():
        yield from server.search(collections)
        return
    root = address if is_remote(address) else absolute(root_of(address) or address)
    for href, item, problem in walk(root, server.read):
        if item is None:
            raise LookalikeError(f"{without_secrets(href)}: {problem}")
        if not collections or item.get("collection") in collections:
            yield item


def _spelt(
    item: dict[str, Any], address: str, output: Path, root: Path, surroundings: Surroundings
) -> dict[str, Any]:
    """An item whose assets are addressed as seen from the file that is written."""
    for asset in item["assets"].values():
        path = local_path(asset["href"])
        if path is None and not surroundings.allow(asset["href"]):
            raise LookalikeError(
                f"{without_secrets(address)}: the item {item['id']} names an address of a private "
                f"network, {without_secrets(asset['href'])}"
            )
        if path is None:
            asset["href"] = without_secrets(asset["href"])
        elif is_remote(address):
            raise LookalikeError(
                f"{without_secrets(address)}: the item {item['id']} names a file of this machine, "
                f"{path}"
            )
        elif Path(path).is_relative_to(absolute(root)):
            asset["href"] = os.path.relpath(path, output.parent)
    return item


def with_labels(table: pa.Table, name: str, folder: Path, server: StacServer) -> pa.Table:
    """A table of items with their labels as a property.

    Args:
        table: items.
        name: as `ingest.stac.label`.
        folder: relative addresses are below it.
        server: reads what is on the web, as it reads its catalog.

    Raises:
        LookalikeError: one of them cannot be read.
    """
    reader = HrefReader()

    def read(href: str) -> bytes:
        if urlsplit(href).scheme in WEB:  # as the catalog itself is read
            return server.read_text(href).encode()
        return reader.read(joined(str(folder), href), LABEL_ASSET)

    labels = labels_of(table, name, read, "--label")
    for id, (_, problem) in zip(table["id"].to_pylist(), labels, strict=True):
        if problem is not None:
            raise LookalikeError(f"--label {name}: item {id}: {problem}")
    if name in table.column_names:
        if not table[name].null_count:
            return table
        table = table.drop_columns([name])
    return table.append_column(name, pa.array([label for label, _ in labels], pa.string()))
