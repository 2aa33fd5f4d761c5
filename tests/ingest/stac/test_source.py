import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.images.geotiff import read_geotiff
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams, StacParams
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import Candidate, Source, UnreadableError
from lookalike.ingest.stac.freeze import freeze

OneLine = Callable[..., AbstractContextManager[None]]
EUROSAT = Path(os.environ.get("LOOKALIKE_SHARED", "/nowhere"), "data", "eurosat-stac")
DIGITS = StacParams(asset="image", label="class")


def opened(source: Path | str, stac: StacParams = DIGITS, **changes: Any) -> Source:
    return open_source(IngestParams(source=str(source), stac=stac.model_copy(update=changes)))


def change(file: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(file.read_text())
    edit(content)
    file.write_text(json.dumps(content))


def problems(source: Source) -> dict[str, str]:
    found = {}
    for candidate in source.candidates():
        try:
            source.read(candidate)
        except UnreadableError as error:
            found[candidate.path] = str(error)
    return found


def test_every_item_is_an_image_with_label_and_split(
    digit_catalog: Path, digit_files: dict[str, bytes]
) -> None:
    source = opened(digit_catalog)
    found = source.candidates()
    size = len(digit_files["0/06.png"])
    assert found[0] == Candidate(
        "test/digit-0-6.png", "0", f"{digit_catalog}/images/0/06.png", size, "test"
    )
    assert found == sorted(found)
    assert Counter(candidate.source_split for candidate in found) == {"train": 18, "test": 6}
    assert sorted(map(source.read, found)) == sorted(digit_files.values())


def test_the_addresses_are_spelt_as_the_source_is(
    digit_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(digit_catalog.parent)
    assert opened("catalog").candidates()[0].uri == "catalog/images/0/06.png"
    monkeypatch.chdir(digit_catalog)
    assert opened(".").candidates()[0].uri == "images/0/06.png"


@pytest.mark.parametrize("inside", [True, False])
def test_a_frozen_catalog_gives_the_same_candidates(
    inside: bool, digit_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    source = "catalog" if inside else str(digit_catalog)
    root = Path() if inside else Path("data")
    items = Path("data/items.parquet")
    assert freeze(source, [], None, None, items, root) == 24
    assert opened(items).candidates() == opened(source).candidates()
    assert problems(opened(items)) == {}


@pytest.fixture
def with_text(digit_catalog: Path, tmp_path: Path) -> Callable[..., Source]:
    """`with_text(edit, kind)` is a file of items whose assets are JSON text, once edited."""

    def source(edit: Callable[[list[str]], object], kind: pa.DataType) -> Source:
        items = tmp_path / "items.parquet"
        freeze(str(digit_catalog), [], None, None, items, tmp_path)
        table = pq.read_table(items)
        text = list(map(json.dumps, table["assets"].to_pylist()))
        edit(text)
        place = table.column_names.index("assets")
        pq.write_table(table.set_column(place, "assets", pa.array(text).cast(kind)), items)
        return opened(items, folders=[str(digit_catalog)])

    return source


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.json_()])
def test_assets_as_json_text_are_read_as_others(
    kind: pa.DataType, with_text: Callable[..., Source], digit_catalog: Path
) -> None:
    source = with_text(lambda text: None, kind)
    assert source.candidates() == opened(digit_catalog).candidates()
    assert problems(source) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"image"', '{"image": 3}'])
def test_assets_that_are_no_json_are_missing_from_one_item(
    text: str, with_text: Callable[..., Source]
) -> None:
    source = with_text(lambda texts: texts.__setitem__(1, text), pa.string())
    assert list(problems(source).values()) == ["the item has no asset 'image'"]


def test_an_expression_over_odd_names_chooses_items(digit_catalog: Path) -> None:
    source = opened(digit_catalog, where='"digits:number" = 2 and "a.b" = 1.0')
    assert [c.path for c in source.candidates()] == [f"train/digit-{n}-2.png" for n in range(3)]


def test_label_and_split_may_be_any_property(digit_catalog: Path) -> None:
    source = opened(digit_catalog, label="digits:number", split="collection")
    first = source.candidates()[0]
    assert (first.label, first.source_split) == ("6", "test")


def test_without_label_and_split_there_are_none(digit_catalog: Path) -> None:
    first = opened(digit_catalog, label=None, split=None).candidates()[0]
    assert (first.label, first.source_split) == (None, None)


def test_the_only_image_need_not_be_named(digit_catalog: Path) -> None:
    assert opened(digit_catalog, asset=None).candidates()[0].path == "test/digit-0-6.png"


def test_of_several_images_one_has_to_be_named(
    digit_catalog: Path, one_line_error: OneLine
) -> None:
    more = {"href": "b.tif", "type": "image/tiff"}
    file = digit_catalog / "train" / "digit-1-2.json"
    change(file, lambda item: item["assets"].update(raster=more))
    with one_line_error("ingest.stac.asset: say which", "image, labels, raster"):
        opened(digit_catalog, asset=None).candidates()


def test_an_asset_that_no_item_has_is_one_line(
    digit_catalog: Path, one_line_error: OneLine
) -> None:
    with one_line_error("ingest.stac.asset: no item has 'rester'", "there are image, labels"):
        opened(digit_catalog, asset="rester").candidates()


def test_a_label_that_no_item_has_is_one_line(digit_catalog: Path, one_line_error: OneLine) -> None:
    with one_line_error("ingest.stac.label: no item has", "'klass'", "digits:number"):
        opened(digit_catalog, label="klass").candidates()


def test_one_bad_item_is_one_that_cannot_be_read(digit_catalog: Path) -> None:
    train = digit_catalog / "train"
    (train / "digit-0-0.json").write_text("{")
    (train / "digit-0-1.json").unlink()
    change(train / "digit-0-2.json", lambda item: item["assets"].pop("image"))
    (digit_catalog / "images/0/03.png").unlink()
    (digit_catalog / "labels/digit-0-4.geojson").unlink()
    assert problems(opened(digit_catalog)) == {
        "train/digit-0-0.json": "is not JSON",
        "train/digit-0-1.json": "there is no such file",
        "train/digit-0-2": "the item has no asset 'image'",
        "train/digit-0-3.png": "there is no such file",
        "train/digit-0-4.png": "its label asset cannot be read: there is no such file",
    }


@pytest.mark.parametrize("asset", ["image", "labels"])
@pytest.mark.parametrize("href", ["../../secret.png", "/etc/passwd", "https://a.invalid/b.png"])
def test_an_asset_out_of_the_catalogs_folder_is_refused(
    asset: str, href: str, digit_catalog: Path, one_line_error: OneLine
) -> None:
    file = digit_catalog / "train" / "digit-1-2.json"
    change(file, lambda item: item["assets"][asset].update(href=href))
    with one_line_error("which is not in this folder", "lookalike stac-items"):
        opened(digit_catalog).candidates()


def test_an_asset_that_is_not_asked_for_may_be_anywhere(digit_catalog: Path) -> None:
    more = {"href": "https://example.invalid/b.tif", "type": "image/tiff"}
    file = digit_catalog / "train" / "digit-1-2.json"
    change(file, lambda item: item["assets"].update(raster=more))
    assert problems(opened(digit_catalog)) == {}


def test_an_item_that_is_there_twice_is_one_line(
    digit_catalog: Path, one_line_error: OneLine
) -> None:
    file = digit_catalog / "train" / "digit-1-2.json"
    change(file, lambda item: item.update(id="digit-1-1"))
    with one_line_error("two different items have the id digit-1-1 in the collection train"):
        opened(digit_catalog).candidates()


def test_a_slash_in_an_id_makes_no_folder(digit_catalog: Path) -> None:
    change(digit_catalog / "test/digit-0-6.json", lambda item: item.update(id="../../a"))
    assert opened(digit_catalog).candidates()[0].path == "test/..%2F..%2Fa.png"


def test_a_catalog_without_items_is_one_line(digit_catalog: Path, one_line_error: OneLine) -> None:
    change(digit_catalog / "catalog.json", lambda root: root.update(links=[]))
    with one_line_error("holds no items"):
        opened(digit_catalog).candidates()


def test_a_folder_with_another_catalog_json_is_one_line(
    tmp_path: Path, one_line_error: OneLine
) -> None:
    (tmp_path / "catalog.json").write_text('{"cats": 3}')
    with one_line_error("catalog.json: is not a STAC catalog"):
        opened(tmp_path).candidates()


def test_a_missing_extra_is_one_line(digit_catalog: Path) -> None:
    code = f"""
import sys
sys.modules["pystac"] = None
from lookalike.images.geotiff import read_geotiff
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
open_source(IngestParams(source="{digit_catalog.parent}"))
open_source(IngestParams(source="{digit_catalog}"))
"""
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert done.stderr.splitlines()[-1].endswith(
        "the package pystac is missing: pip install 'lookalike[stac]'"
    )


@pytest.mark.skipif(not EUROSAT.is_dir(), reason="LOOKALIKE_SHARED has no data/eurosat-stac")
@pytest.mark.parametrize("asset", ["thumbnail", "raster"])
def test_eurosat_is_the_same_from_catalog_and_file(asset: str, tmp_path: Path) -> None:
    stac = StacParams(asset=asset, label="class", folders=[str(EUROSAT)])
    items = tmp_path / "items.parquet"
    assert freeze(str(EUROSAT), [], None, "class", items, tmp_path) == 100
    found = opened(EUROSAT, stac).candidates()
    assert opened(items, stac).candidates() == found
    assert set(Counter(candidate.label for candidate in found).values()) == {10}
    sides = {"train": 60, "validate": 20, "test": 20}
    assert Counter(candidate.source_split for candidate in found) == sides
    assert problems(opened(items, stac)) == {}


# --- several assets as bands -------------------------------------------------------------------


@pytest.fixture
def scenes(tmp_path: Path, geotiff: Callable[..., bytes]) -> Path:
    """A catalog of two scenes with a file a band; the red of one is of another size."""
    links = []
    for name, side in (("even", 16), ("odd", 8)):
        bands = {"red": (1, side), "green": (2, 16), "blue": (3, 16)}
        for band, (value, width) in bands.items():
            data = geotiff(np.full((1, 16, width), value, np.uint16))
            (tmp_path / f"{name}-{band}.tif").write_bytes(data)
        item = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": name,
            "geometry": None,
            "properties": {"datetime": "2020-01-01T00:00:00Z"},
            "links": [],
            "assets": {
                band: {"href": f"{name}-{band}.tif", "type": "image/tiff"} for band in bands
            },
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(item))
        links.append({"rel": "item", "href": f"{name}.json"})
    catalog = {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "d"}
    (tmp_path / "catalog.json").write_text(json.dumps({**catalog, "links": links}))
    return tmp_path


def test_assets_are_stacked_as_bands_in_the_order_given(scenes: Path) -> None:
    source = opened(scenes, StacParams(assets=["blue", "green", "red"]))
    even, _ = source.candidates()
    assert (even.path, even.uri) == ("even.tif", f"{scenes}/even-blue.tif")
    data = source.read(even)
    raster = read_geotiff(data, lambda count: list(range(1, count + 1)), 10**6)
    assert raster.values.mean(axis=(1, 2)).tolist() == [3, 2, 1]
    assert source.read(even) == data


def test_assets_of_different_sizes_are_not_stacked(scenes: Path) -> None:
    source = opened(scenes, StacParams(assets=["red", "green"]))
    reason = "its assets have 8 x 16 and 16 x 16 pixels; only equal ones are stacked"
    assert problems(source) == {"odd.tif": reason}


def test_bands_that_are_too_large_are_not_decoded(scenes: Path) -> None:
    source = opened(scenes, StacParams(assets=["red", "green"]))
    with pytest.raises(UnreadableError, match="take more than 1000 bytes"):
        source.read(source.candidates()[0], Allowance(max_bytes=1000))


def test_an_item_without_one_of_the_assets_is_refused(scenes: Path) -> None:
    change(scenes / "odd.json", lambda item: item["assets"].pop("red"))
    source = opened(scenes, StacParams(assets=["green", "red"]))
    assert problems(source) == {"odd.tif": "the item has no asset 'red'"}


def test_assets_that_no_item_has_are_one_line(scenes: Path, one_line_error: OneLine) -> None:
    with one_line_error("ingest.stac.assets: no item has 'nir'; there are blue, green, red"):
        opened(scenes, StacParams(assets=["red", "nir"])).candidates()


def test_an_asset_and_assets_are_a_contradiction() -> None:
    with pytest.raises(ValueError, match="set one of them"):
        IngestParams(stac=StacParams(asset="image", assets=["red"]))
