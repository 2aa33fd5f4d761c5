"""The images of STAC items as a source: a catalog's folder, or a GeoParquet file of items."""

from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from lookalike.core.errors import LookalikeError, shortened
from lookalike.core.secrets import without_secrets
from lookalike.ingest.params import StacParams
from lookalike.ingest.parquet_file import NotParquetError, rows_of
from lookalike.ingest.reading import DEFAULT, Allowance
from lookalike.ingest.source import Candidate, UnreadableError
from lookalike.ingest.stac.catalog import FREEZE, folder_reader, inside, root_of, walk
from lookalike.ingest.stac.hrefs import (
    HrefReader,
    absolute,
    host_of,
    is_below,
    joined,
    local_path,
    suffix,
)
from lookalike.ingest.stac.items import items_table, matching, read_items
from lookalike.ingest.stac.labels import LABEL_ASSET, ItemLabel, labels_of, text_of
from lookalike.ingest.stac.stacking import stacked

STACKED = "bands.tif"  # what the file of several assets is named after


class Broken(NamedTuple):
    """An item that could not be had: its file, and why."""

    path: str
    problem: str


class StacSource:
    """One image an item: the asset that the parameters choose, or several stacked as its bands.

    A candidate's path is `COLLECTION/ITEM.SUFFIX`, the same for a catalog and for the file that
    `lookalike stac-items` makes of it.
    """

    readers = 16
    has_folders = False

    def __init__(self, source: str, params: StacParams, root: Path = Path()) -> None:
        """Nothing is read yet.

        Args:
            source: a catalog's folder, or a file of items; so it stays in what is recorded.
            params: what to take from the items.
            root: what relative paths are relative to.
        """
        self._source = source
        self._root = root
        self._params = params
        self._reader = HrefReader(self._check_host, root)
        self._hrefs: dict[str, list[str]] = {}
        self._problems: dict[str, str] = {}

    def candidates(self) -> list[Candidate]:
        """The image of every item that matches, sorted by path; see `Source`."""
        table, broken = self._items()
        for path, problem in broken:
            self._problems[path] = problem
        found = [Candidate(path, None, joined(self._source, path)) for path, _ in broken]
        if table is not None:
            found += self._images(table)
        if not found:
            raise LookalikeError(f"ingest.source: {self._source}: holds no items")
        return sorted(found)

    def read(self, candidate: Candidate, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes of an item's image; see `Source`."""
        if problem := self._problems.get(candidate.path):
            raise UnreadableError(problem)
        hrefs = self._hrefs[candidate.path]
        if not self._params.assets:
            return self._reader.read(hrefs[0], allowance)
        bands = [self._reader.read(href, allowance) for href in hrefs]
        return stacked(bands, allowance.max_bytes)

    def _items(self) -> tuple[pa.Table | None, list[Broken]]:
        """The items with addresses relative to `_folder`, and those that cannot be had."""
        if self._is_catalog:
            return _catalog_items(str(self._root / self._source), self._params)
        return read_items(self._source, self._root), []

    @property
    def _is_catalog(self) -> bool:
        return (self._root / self._source).is_dir()

    @property
    def _folder(self) -> str:
        return self._source if self._is_catalog else str(Path(self._source).parent)

    def _images(self, table: pa.Table) -> list[Candidate]:
        if self._params.where is not None:
            table = matching(table, self._params.where, "ingest.stac.where")
        labels = self._labels(table)
        split = self._params.split
        wanted = {"id", "collection", "assets", split}
        rows = _rows(table.select([n for n in table.column_names if n in wanted]), self._source)
        keys = self._params.assets or [self._params.asset or _only_image(rows)]
        for key in keys:
            if not any((row["assets"] or {}).get(key) for row in rows):
                name = "assets" if self._params.assets else "asset"
                raise LookalikeError(
                    f"ingest.stac.{name}: no item has {key!r}; there are {_keys(rows)}"
                )
        found: dict[str, Candidate] = {}
        for row, (label, problem) in zip(rows, labels, strict=True):
            assets = [(row["assets"] or {}).get(key) or {} for key in keys]
            hrefs = [asset.get("href") or "" for asset in assets]
            path = _path(row, hrefs[0] if len(keys) == 1 else STACKED)
            if path in found:
                raise LookalikeError(f"ingest.source: {self._source}: two items make {path}")
            if not row["id"]:
                problem = "the item has no id"
            if absent := [key for key, href in zip(keys, hrefs, strict=True) if not href]:
                problem = f"the item has no asset {absent[0]!r}"
            if problem is not None:
                self._problems[path] = problem
            self._hrefs[path] = list(map(self._allowed, hrefs))
            uri = without_secrets(self._hrefs[path][0])
            size = sum(map(_size, assets))
            found[path] = Candidate(path, label, uri, size, _split(row, split))
        return list(found.values())

    def _labels(self, table: pa.Table) -> list[ItemLabel]:
        if self._params.label is None:
            return [ItemLabel(None)] * len(table)
        return labels_of(
            table,
            self._params.label,
            lambda href: self._reader.read(self._allowed(href), LABEL_ASSET),
            "ingest.stac.label",
        )

    def _allowed(self, href: str) -> str:
        """An asset's address as seen from the project.

        Raises:
            LookalikeError: the parameters do not allow it: a catalog's assets are in its folder,
                those of a file of items beside it, in the project, or where they say.
        """
        address = joined(self._folder, href, self._root)
        place, folder = self._root / address, self._root / self._folder
        if local_path(address) is None and not self._is_catalog:
            try:
                self._check_host(address)
            except UnreadableError as error:
                raise LookalikeError(f"ingest.source: {self._source}: an asset {error}") from None
        elif self._is_catalog and (local_path(href) is None or not is_below(place, [folder])):
            raise LookalikeError(
                f"ingest.source: {self._source}: an asset is at {_shown(href)}, which is "
                f"not in this folder; {FREEZE} {self._source}"
            )
        elif not is_below(place, [folder, self._root, *self._extra_folders]):
            raise LookalikeError(
                f"ingest.source: {self._source}: an asset is at {_shown(address)}, outside of the "
                "project; if you trust the file, name the folder in ingest.stac.folders"
            )
        return address

    @property
    def _extra_folders(self) -> list[Path]:
        return [self._root / folder for folder in self._params.folders]

    def _check_host(self, href: str) -> None:
        """Raise UnreadableError unless the parameters name the server or bucket of an address."""
        if (host := host_of(href)) not in self._params.hosts:
            raise UnreadableError(
                f"is at {_shown(href)}; if you trust the file, put {shortened(host, 100)} into "
                "ingest.stac.hosts"
            )


def _rows(table: pa.Table, source: str) -> list[dict[str, Any]]:
    try:
        return rows_of(table)
    except NotParquetError as error:
        raise LookalikeError(f"ingest.source: {source}: {error}") from None


def _shown(href: str) -> str:
    return shortened(without_secrets(href), 200)


def _catalog_items(folder: str, params: StacParams) -> tuple[pa.Table | None, list[Broken]]:
    root = root_of(folder)
    if root is None:
        raise LookalikeError(f"ingest.source: {folder}: holds no catalog.json or collection.json")
    items, broken = [], []
    for href, item, problem in walk(absolute(root), folder_reader(folder)):
        if item is None:
            broken.append(Broken(inside(folder, href) or href, problem or ""))
            continue
        label = item["properties"].get(params.label) if params.label else None
        try:
            text_of(label)  # in a table it might become text beside others that are
        except ValueError as error:
            broken.append(
                Broken(inside(folder, href) or href, f"its label cannot be read: {error}")
            )
            continue
        for asset in item["assets"].values():
            asset["href"] = inside(folder, asset["href"]) or asset["href"]
        items.append(item)
    return items_table(items, f"ingest.source: {folder}") if items else None, broken


def _only_image(rows: list[dict[str, Any]]) -> str:
    """The key of the one asset that is an image.

    Raises:
        LookalikeError: there are several, or none.
    """
    images: set[str] = {
        key
        for row in rows
        for key, asset in (row["assets"] or {}).items()
        if asset and (asset.get("type") or "").startswith("image/")
    }
    if len(images) != 1:
        raise LookalikeError(f"ingest.stac.asset: say which asset is the image: {_keys(rows)}")
    return images.pop()


def _keys(rows: list[dict[str, Any]]) -> str:
    keys = {key for row in rows for key, asset in (row["assets"] or {}).items() if asset}
    return ", ".join(sorted(keys)) or "none"


def _path(row: dict[str, Any], href: str) -> str:
    parts = [row.get("collection"), f"{row['id']}{suffix(href)}"]
    return "/".join(str(part).replace("/", "%2F") for part in parts if part)


def _size(asset: dict[str, Any]) -> int:
    size = asset.get("file:size")
    return size if isinstance(size, int) and size > 0 else 0


def _split(row: dict[str, Any], name: str | None) -> str | None:
    try:
        return text_of(row.get(name)) if name else None
    except ValueError as error:
        raise LookalikeError(f"ingest.stac.split = {name!r}: {error}") from None
