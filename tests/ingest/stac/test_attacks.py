"""Catalogs and files of items that were made to do harm, or hold one odd item."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pystac import Link
from pystac_client.exceptions import APIError
from urllib3 import Retry

from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams, StacParams
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import Source, UnreadableError
from lookalike.ingest.stac.hrefs import HrefReader
from lookalike.ingest.stac.restricted import RestrictedIO
from lookalike.ingest.stac.server import StacServer

from .stac_api import serving

OneLine = Callable[..., AbstractContextManager[None]]


def opened(source: Path | str, **stac: Any) -> Source:
    params = StacParams(**{"asset": "image", "label": "class"} | stac)
    return open_source(IngestParams(source=str(source), stac=params))


def change(file: Path, **fields: Any) -> None:
    content = json.loads(file.read_text()) | fields
    file.write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))


def problems(source: Source) -> dict[str, str]:
    found = {}
    for candidate in source.candidates():
        try:
            source.read(candidate)
        except UnreadableError as error:
            found[candidate.path] = str(error)
    return found


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": ...}, "its id is None, not text"),
        ({"id": 7}, "its id is 7, not text"),
        ({"id": ""}, "its id is '', not text"),
        ({"assets": None}, "it has no assets"),
        ({"assets": {"image": None}}, "is not a STAC item"),
        ({"assets": {"image": 7}}, "is not a STAC item"),
        ({"geometry": "POINT (1 2)"}, "its geometry is no GeoJSON"),
        ({"properties": {"datetime": None, "n": 2**70}}, "more than 64 bits"),
        ({"properties": None}, "is not a STAC item"),
    ],
)
def test_one_odd_item_is_one_rejection(
    fields: dict[str, Any], reason: str, digit_catalog: Path
) -> None:
    change(digit_catalog / "train/digit-1-2.json", **fields)
    found = problems(opened(digit_catalog))
    assert list(found) == ["train/digit-1-2.json"]
    assert reason in found["train/digit-1-2.json"]


@pytest.mark.parametrize("others", ["text", 7, 1.5, True])
@pytest.mark.parametrize(
    ("value", "label"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (True, "true"), (["a"], None)]
)
def test_a_label_is_the_same_whatever_the_others_are(
    others: object, value: object, label: str | None, digit_catalog: Path
) -> None:
    for file in digit_catalog.glob("t*/digit-*.json"):
        content = json.loads(file.read_text())
        content["properties"]["kind"] = value if file.stem == "digit-1-2" else others
        file.write_text(json.dumps(content))
    source = opened(digit_catalog, label="kind")
    (found,) = [c for c in source.candidates() if c.path.startswith("train/digit-1-2")]
    assert found.label == label
    assert list(problems(source)) == ([] if label else ["train/digit-1-2.json"])


def test_an_address_may_be_percent_encoded_or_not(digit_catalog: Path) -> None:
    for number, name in ((2, "a b.png"), (3, "a%20b.png")):
        (digit_catalog / f"images/1/0{number}.png").rename(digit_catalog / f"images/{name}")
        file = digit_catalog / f"train/digit-1-{number}.json"
        assets = json.loads(file.read_text())["assets"]
        assets["image"]["href"] = f"../images/{name if number == 3 else 'a%20b.png'}"
        change(file, assets=assets)
        if number == 2:
            assert problems(opened(digit_catalog)) == {}


def test_a_percent_encoded_address_does_not_lead_out(
    digit_catalog: Path, one_line_error: OneLine
) -> None:
    (digit_catalog.parent / "secret.png").write_bytes(b"secret")
    file = digit_catalog / "train/digit-1-2.json"
    assets = {"image": {"href": "../%2e%2e/secret.png", "type": "image/png"}}
    change(file, assets=assets)
    with one_line_error("which is not in this folder"):
        opened(digit_catalog, label=None).candidates()


@pytest.mark.parametrize("linked", ["images/1/02.png", "images/1", "labels/digit-1-2.geojson"])
def test_a_link_out_of_the_catalogs_folder_is_not_followed(
    linked: str, digit_catalog: Path, one_line_error: OneLine
) -> None:
    inside, outside = digit_catalog / linked, digit_catalog.parent / "outside"
    inside.rename(outside)
    inside.symlink_to(outside)
    with one_line_error("which is not in this folder"):
        opened(digit_catalog).candidates()


def test_a_catalog_file_behind_a_link_is_not_read(
    digit_catalog: Path, one_line_error: OneLine
) -> None:
    item, outside = digit_catalog / "train/digit-1-2.json", digit_catalog.parent / "outside.json"
    item.rename(outside)
    item.symlink_to(outside)
    with one_line_error("which is not in this folder"):
        opened(digit_catalog).candidates()


def items_file(folder: Path, assets: Any) -> Path:
    pq.write_table(pa.Table.from_pylist([{"id": "a", "assets": assets}]), folder / "items.parquet")
    return folder / "items.parquet"


@pytest.mark.parametrize("text", [True, False])
def test_a_file_of_items_reads_nothing_outside_of_the_project(
    text: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLine
) -> None:
    project, secrets = tmp_path / "project", tmp_path / "secrets"
    project.mkdir()
    secrets.mkdir()
    (secrets / "a.png").write_bytes(b"secret")
    (project / "link").symlink_to(secrets)
    monkeypatch.chdir(project)
    for href in (
        str(secrets / "a.png"),
        "../secrets/a.png",
        "link/a.png",
        f"file://{secrets}/a.png",
    ):
        assets = {"image": {"href": href, "type": "image/png"}}
        file = items_file(project, json.dumps(assets) if text else assets)
        with one_line_error("outside of the project", "ingest.stac.folders"):
            opened(file, label=None).candidates()
        allowed = opened(file, label=None, folders=[str(secrets)])
        assert allowed.read(allowed.candidates()[0]) == b"secret"


@pytest.mark.parametrize(
    ("href", "host"),
    [
        ("https://metadata.internal/a.png?sig=SECRET", "metadata.internal"),
        ("http://user:SECRET@169.254.169.254/a.png", "169.254.169.254"),
        ("s3://bucket/a.png", "s3://bucket"),
    ],
)
def test_a_file_of_items_asks_no_host_that_is_not_named(
    href: str, host: str, tmp_path: Path, one_line_error: OneLine
) -> None:
    file = items_file(tmp_path, {"image": {"href": href, "type": "image/png"}})
    with one_line_error(f"put {host} into ingest.stac.hosts"):
        opened(file, label=None).candidates()
    with pytest.raises(Exception, match="put ") as caught:
        opened(file, label=None).candidates()
    assert "SECRET" not in str(caught.value)


def test_a_redirect_to_another_host_is_not_followed(
    digit_catalog: Path, redirecting: Callable[[str], str]
) -> None:
    with serving(digit_catalog) as other:
        address = redirecting(f"{other.address}/files/catalog.json")

        def only_by_name(href: str) -> None:
            if "127.0.0.1" in href:
                raise UnreadableError("not allowed")

        with pytest.raises(UnreadableError, match="not allowed"):
            HrefReader(only_by_name).read(address)
        assert other.seen == []
        assert HrefReader().read(address) == (digit_catalog / "catalog.json").read_bytes()


def test_an_endless_answer_is_given_up(endless: str) -> None:
    with pytest.raises(UnreadableError, match="more than the 4194304 bytes that are allowed"):
        HrefReader().read(endless, Allowance(4 * 2**20))


def test_an_endless_answer_of_a_catalog_is_given_up(
    endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lookalike.ingest.stac.restricted.MOST_BYTES", 2**20)
    with pytest.raises(UnreadableError, match="the answer is larger than"):
        StacServer(endless).read(endless)


ON_THE_INTERNET = (ip_address("127.0.0.1"), ip_address("::1"))  # says this test


def test_a_catalog_on_the_internet_leads_to_no_private_network(
    redirecting: Callable[[str], str],
) -> None:
    inside = "http://127.0.0.2/latest/meta-data"
    catalog = redirecting(inside)
    server = StacServer(catalog, ON_THE_INTERNET.__contains__)
    for address in (inside, catalog):
        with pytest.raises(UnreadableError, match="leads to an address of a private network"):
            server.read(address)


def test_an_answer_of_a_server_opens_no_file(digit_catalog: Path) -> None:
    reader = RestrictedIO("http://localhost/", 1, Retry(0))
    file = str(digit_catalog / "catalog.json")
    for leads in (file, f"file://{file}", Link("next", file), Link("next", f"file://{file}")):
        with pytest.raises(APIError):
            reader.read_text(leads)
