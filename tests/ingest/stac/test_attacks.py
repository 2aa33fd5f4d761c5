"""Catalogs and files of items that were made to do harm, or hold one odd item."""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pystac import Link
from pystac_client.exceptions import APIError
from urllib3 import Retry

from lookalike.core.errors import LookalikeError
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams, StacParams
from lookalike.ingest.reading import Allowance
from lookalike.ingest.source import Source, UnreadableError
from lookalike.ingest.stac.catalog import walk
from lookalike.ingest.stac.freeze import freeze, with_labels
from lookalike.ingest.stac.hrefs import HrefReader
from lookalike.ingest.stac.restricted import RestrictedIO, Surroundings
from lookalike.ingest.stac.server import StacServer

from .stac_api import StacApi, serving

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


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "10.0.0.8",
        "192.168.1.1",
        "127.0.0.1",
        "2130706433",  # the same in one number
        "0x7f.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[::ffff:10.0.0.8]",
        "[::10.0.0.8]",
        "[64:ff9b::a00:8]",
        "[2002:a00:8::]",
        "user:SECRET@10.0.0.8",
        "8.8.8.8@10.0.0.8",
        "[10.0.0.8",
    ],
)
def test_an_asset_of_a_catalog_on_the_internet_is_on_no_private_network(host: str) -> None:
    surroundings = Surroundings("http://8.8.8.8/catalog.json")
    assert surroundings.allow("https://8.8.4.4/image.tif")
    assert not surroundings.allow(f"http://{host}/image.tif")
    assert not surroundings.allow(f"HTTPS://{host}:8080/image.tif")
    assert Surroundings("http://10.0.0.1/catalog.json").allow("http://10.0.0.8/image.tif")


@pytest.mark.parametrize("kind", ["image", "labels"])
def test_items_that_name_a_private_network_are_not_frozen(
    kind: str, digit_catalog: Path, tmp_path: Path, one_line_error: OneLine
) -> None:
    file = digit_catalog / "train/digit-1-2.json"
    assets = json.loads(file.read_text())["assets"]
    for asset in assets.values():
        asset["href"] = f"http://127.0.0.1/{asset['href']}"
    assets[kind]["href"] = "http://user:SECRET@10.0.0.8/a"
    change(file, assets=assets)
    root, items = digit_catalog / "catalog.json", tmp_path / "items.parquet"
    with serving(digit_catalog) as server, one_line_error("an address of a private network"):
        address = f"{server.address}/files/{root.name}"
        public = (ip_address("127.0.0.1"),).__contains__
        for other in digit_catalog.glob("t*/digit-*.json"):
            if other != file:
                other.write_text(other.read_text().replace("../", f"{server.address}/files/"))
        try:
            freeze(address, [], None, "class", items, tmp_path, public)
        except Exception as error:
            assert "SECRET" not in str(error)
            raise


def test_a_label_asset_is_read_as_the_catalog_is(
    redirecting: Callable[[str], str], tmp_path: Path
) -> None:
    label = redirecting("http://127.0.0.2/latest/meta-data")
    server = StacServer(label, ON_THE_INTERNET.__contains__)
    item = {"id": "a", "assets": {"labels": {"href": label, "type": "application/geo+json"}}}
    with pytest.raises(LookalikeError, match="leads to an address of a private network"):
        with_labels(pa.Table.from_pylist([item]), "class", tmp_path, server)


def test_a_name_that_stands_for_another_address_than_before_is_not_asked(
    digit_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server of names says the second time, whose first answer was looked at."""
    with serving(digit_catalog) as inside:
        address = f"{inside.address.replace('127.0.0.1', 'localhost')}/files/catalog.json"
        monkeypatch.setattr(
            "lookalike.ingest.stac.restricted.addresses_of", lambda host: [ip_address("8.8.8.8")]
        )
        with pytest.raises(UnreadableError, match="leads to an address of a private network"):
            StacServer(address).read(address)
        assert inside.seen == []


@pytest.mark.parametrize("circle", ["the same page", "new addresses of what has been"])
def test_pages_of_an_api_that_lead_in_a_circle_end_with_one_line(
    circle: str, digit_catalog: Path, one_line_error: OneLine
) -> None:
    item = json.loads((digit_catalog / "train/digit-1-2.json").read_text()) | {"links": []}

    class Circle(StacApi):
        def _search(self, query: dict[str, Any]) -> dict[str, Any]:
            start = int(query.get("start", 0)) + (0 if circle == "the same page" else 1)
            href = f"{self.address}/search"
            following = {"rel": "next", "href": href, "method": "POST", "body": {"start": start}}
            features = [item | {"id": str(start % 3)}]
            return {"type": "FeatureCollection", "features": features, "links": [following]}

    with Circle(digit_catalog) as api:
        Thread(target=api.serve_forever, daemon=True).start()
        with one_line_error(api.address, "the pages of its search lead in a circle"):
            list(StacServer(api.address).search([]))
        assert len(api.seen) < 10
        api.shutdown()


def test_pages_of_an_api_without_end_are_given_up(
    digit_catalog: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLine
) -> None:
    monkeypatch.setattr("lookalike.ingest.stac.restricted.MOST_BYTES_IN_ALL", 2**18)
    item = json.loads((digit_catalog / "train/digit-1-2.json").read_text()) | {"links": []}

    class Endless(StacApi):
        def _search(self, query: dict[str, Any]) -> dict[str, Any]:
            start = int(query.get("start", 0)) + 1
            href = f"{self.address}/search"
            following = {"rel": "next", "href": href, "method": "POST", "body": {"start": start}}
            features = [item | {"id": str(start)}]
            return {"type": "FeatureCollection", "features": features, "links": [following]}

    with Endless(digit_catalog) as api:
        Thread(target=api.serve_forever, daemon=True).start()
        with one_line_error(api.address, "it sends more than"):
            list(StacServer(api.address).search([]))
        api.shutdown()


def test_a_catalog_that_holds_itself_by_links_of_the_file_system_is_read_once(
    digit_catalog: Path,
) -> None:
    for name in ("one", "two"):
        (digit_catalog / name).symlink_to(".")
    content = json.loads((digit_catalog / "catalog.json").read_text())
    content["links"] += [
        {"rel": "child", "href": f"./{name}/catalog.json"} for name in ("one", "two")
    ]
    (digit_catalog / "catalog.json").write_text(json.dumps(content))
    assert len(opened(digit_catalog).candidates()) == 24


def test_catalogs_in_catalogs_without_end_are_one_line(one_line_error: OneLine) -> None:
    def read(href: str) -> Any:
        number = int(href.rpartition("/")[2])
        links = [{"rel": "child", "href": f"https://example.com/{number + 1}"}]
        about = {"id": "a", "description": "", "stac_version": "1.0.0", "links": links}
        return {"type": "Catalog", **about}

    with one_line_error("https://example.com/65: is a catalog in a catalog, 65 times over"):
        list(walk("https://example.com/0", read))


@pytest.mark.parametrize(
    "change_of",
    [
        {"id": "a" * 2**20},
        {"assets": {"x" * 2**20: None}},
    ],
)
def test_what_an_item_says_of_itself_makes_no_reason_long(
    change_of: dict[str, Any], digit_catalog: Path
) -> None:
    change(digit_catalog / "train/digit-1-2.json", **{"properties": None} | change_of)
    for path, reason in problems(opened(digit_catalog)).items():
        assert len(path) < 100
        assert len(reason) <= 500


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("place", ["train/digit-1-2.json", "images/1/02.png"])
def test_a_pipe_or_a_device_in_a_catalog_is_not_waited_for(
    make: Callable[[Path], None], place: str, digit_catalog: Path
) -> None:
    (digit_catalog / place).unlink()
    make(digit_catalog / place)
    try:
        found = problems(opened(digit_catalog))
    except LookalikeError as error:
        assert "which is not in this folder" in str(error)  # a link that leads out of it
    else:
        assert "regular file" in next(iter(found.values()))


def test_an_answer_of_a_server_opens_no_file(digit_catalog: Path) -> None:
    reader = RestrictedIO(Surroundings("http://localhost/"), 1, Retry(0))
    file = str(digit_catalog / "catalog.json")
    for leads in (file, f"file://{file}", Link("next", file), Link("next", f"file://{file}")):
        with pytest.raises(APIError):
            reader.read_text(leads)
