import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lookalike.ingest.params import StacParams
from lookalike.ingest.stac.freeze import freeze
from lookalike.ingest.stac.source import StacSource

from .stac_api import StacApi, serving

OneLine = Callable[..., AbstractContextManager[None]]
REPOSITORY = Path(__file__).parents[3]
EUROSAT = Path(os.environ.get("LOOKALIKE_SHARED", "/nowhere"), "data", "eurosat-stac")


@pytest.fixture
def api(digit_catalog: Path) -> Iterator[StacApi]:
    """An API with the items of `digit_catalog`, their assets below `/files/`."""
    with serving(digit_catalog) as server:
        for file in sorted(digit_catalog.glob("*/digit-*.json"), reverse=True):
            item = json.loads(file.read_text())
            for asset in item["assets"].values():
                asset["href"] = f"{server.address}/files/{asset['href'].removeprefix('../')}"
            self_link = {"rel": "self", "href": f"{server.address}/items/{item['id']}"}
            server.items.append(item | {"links": [self_link]})
        yield server


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "items.parquet"


def frozen(address: object, output: Path, **options: object) -> list[str]:
    """Freeze, and the ids in the file."""
    given = {"collections": [], "where": None, "label": None} | options
    number = freeze(str(address), output=output, root=output.parent, **given)  # type: ignore[arg-type]
    ids: list[str] = pq.read_table(output)["id"].to_pylist()
    assert len(ids) == number
    return ids


def test_every_page_of_an_api_is_read(api: StacApi, output: Path) -> None:
    assert len(frozen(api.address, output)) == 24
    assert [path for path, _ in api.seen].count("/search") == 3


def test_an_api_gives_the_images_that_its_catalog_gives(
    api: StacApi, output: Path, digit_catalog: Path
) -> None:
    frozen(api.address, output)
    stac = StacParams(label="class", hosts=["127.0.0.1"])
    here, there = StacSource(str(digit_catalog), stac), StacSource(str(output), stac)
    local, remote = here.candidates(), there.candidates()
    assert [c._replace(uri="") for c in remote] == [c._replace(uri="") for c in local]
    assert remote[0].uri == f"{api.address}/files/images/0/06.png"
    assert [there.read(c) for c in remote] == [here.read(c) for c in local]


def test_one_collection_is_chosen(api: StacApi, output: Path, digit_catalog: Path) -> None:
    assert len(frozen(api.address, output, collections=["test"])) == 6
    assert len(frozen(digit_catalog, output, collections=["test"])) == 6


def test_an_expression_chooses_items(api: StacApi, output: Path) -> None:
    found = frozen(api.address, output, where="\"digits:number\" = 7 and id > 'digit-1'")
    assert found == ["digit-1-7", "digit-2-7"]


def test_the_order_of_the_answers_changes_no_byte(api: StacApi, output: Path) -> None:
    frozen(api.address, output)
    first = output.read_bytes()
    api.items.reverse()
    api.items.append(api.items[3])  # a page that moved while it was read
    frozen(api.address, output)
    assert output.read_bytes() == first


def test_a_catalog_on_a_server_gives_the_same_as_its_api(api: StacApi, output: Path) -> None:
    items = frozen(f"{api.address}/files/catalog.json", output)
    catalog = output.read_bytes()
    assert frozen(api.address, output) == items
    assert output.read_bytes() == catalog


def test_labels_are_stored_where_asked_for(api: StacApi, output: Path, digit_catalog: Path) -> None:
    for address in (api.address, digit_catalog):
        found = frozen(address, output, label="class")
        labels = pq.read_table(output)["class"].to_pylist()
        assert labels == [id.split("-")[1] for id in found]


def test_a_label_that_cannot_be_read_is_one_line(
    output: Path, digit_catalog: Path, one_line_error: OneLine
) -> None:
    (digit_catalog / "labels" / "digit-1-2.geojson").unlink()
    with one_line_error("--label class: item digit-1-2: ", "there is no such file"):
        frozen(digit_catalog, output, label="class")
    assert not output.exists()


def test_a_busy_server_is_asked_again(api: StacApi, output: Path) -> None:
    api.failures = 2
    assert len(frozen(api.address, output)) == 24


def test_the_token_is_sent_and_written_nowhere(
    api: StacApi, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.token = "SECRET-TOKEN"
    monkeypatch.setenv("STAC_API_TOKEN", api.token)
    frozen(api.address, output)
    assert {authorization for _, authorization in api.seen} == {"Bearer SECRET-TOKEN"}
    assert b"SECRET" not in output.read_bytes()


def test_the_token_is_not_sent_to_another_server(
    api: StacApi, output: Path, digit_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAC_API_TOKEN", "SECRET-TOKEN")
    with serving(digit_catalog) as other:
        root = digit_catalog / "catalog.json"
        content = json.loads(root.read_text())
        elsewhere = f"{other.address}/files/test/collection.json"
        content["links"][1] = {"rel": "child", "href": elsewhere}
        root.write_text(json.dumps(content))
        assert len(frozen(f"{api.address}/files/catalog.json", output)) == 24
        assert {authorization for _, authorization in other.seen} == {None}


def test_signatures_in_addresses_are_not_written(api: StacApi, output: Path) -> None:
    for item in api.items:
        item["assets"]["image"]["href"] += "?sig=SECRET-SIGNATURE"
    frozen(api.address, output)
    assert b"SECRET" not in output.read_bytes()


def test_a_missing_and_a_wrong_token_are_one_line(
    api: StacApi, output: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLine
) -> None:
    api.token = "right"
    monkeypatch.delenv("STAC_API_TOKEN", raising=False)
    with one_line_error(api.address, "asks for a token (401): put it into STAC_API_TOKEN"):
        frozen(api.address, output)
    monkeypatch.setenv("STAC_API_TOKEN", "WRONG")
    with one_line_error(api.address, "refuses the token in STAC_API_TOKEN (403)"):
        frozen(api.address, output)


def test_an_address_with_nothing_and_one_without_stac_are_one_line(
    api: StacApi, output: Path, one_line_error: OneLine
) -> None:
    with one_line_error("there is nothing at this address (404)"):
        frozen(f"{api.address}/gone", output)
    with one_line_error("is not STAC: the answer is not JSON"):
        frozen(f"{api.address}/files/images/0/00.png", output)
    with one_line_error("is not STAC"):
        frozen(f"{api.address}/conformance", output)


def test_a_server_that_cannot_be_reached_is_one_line(output: Path, one_line_error: OneLine) -> None:
    with one_line_error("http://127.0.0.1:9/stac: cannot be reached"):
        frozen("http://user:SECRET@127.0.0.1:9/stac", output)


def test_no_items_are_one_line(api: StacApi, output: Path, one_line_error: OneLine) -> None:
    with one_line_error(api.address, "there are no items in the collections gone"):
        frozen(api.address, output, collections=["gone"])


def test_an_answer_that_is_not_stac_is_one_line(
    api: StacApi, output: Path, one_line_error: OneLine
) -> None:
    del api.items[0]["assets"], api.items[0]["links"]
    with one_line_error("its search does not answer in STAC"):
        frozen(api.address, output)


def test_a_folder_without_a_catalog_is_one_line(
    tmp_path: Path, output: Path, one_line_error: OneLine
) -> None:
    with one_line_error(str(tmp_path)):
        frozen(tmp_path, output)
    with one_line_error("gone: there is no such file"):
        frozen(tmp_path / "gone", output)


def test_a_broken_item_is_one_line_and_the_old_file_stays(
    digit_catalog: Path, output: Path, one_line_error: OneLine
) -> None:
    frozen(digit_catalog, output)
    before = output.read_bytes()
    (digit_catalog / "train" / "digit-1-2.json").write_text("{")
    with one_line_error("train/digit-1-2.json: is not JSON"):
        frozen(digit_catalog, output)
    assert output.read_bytes() == before
    assert list(output.parent.glob(".*")) == []


def test_a_remote_catalog_names_no_file_of_this_machine(
    api: StacApi, output: Path, one_line_error: OneLine
) -> None:
    api.items[0]["assets"]["image"]["href"] = "file:///etc/hostname"
    with one_line_error("names a file of this machine, /etc/hostname"):
        frozen(api.address, output)


def test_a_link_out_of_a_local_catalog_is_followed(digit_catalog: Path, output: Path) -> None:
    (digit_catalog / "test").rename(digit_catalog.parent / "test")
    root = digit_catalog / "catalog.json"
    root.write_text(root.read_text().replace("test/collection", "../test/collection"))
    assert len(frozen(digit_catalog, output)) == 24


def test_the_command_says_what_it_wrote(api: StacApi, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lookalike", "stac-items", api.address, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
            text=True,
            capture_output=True,
        )

    (tmp_path / "dvc.yaml").touch()
    done = run("--collection", "test", "--collection", "train", "--where", "id > 'digit-1'")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("data/items.parquet holds 16 items")
    failed = run("--where", "cloud < 3")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert len(failed.stderr.splitlines()) == 1
    assert failed.stderr.startswith("lookalike: --where: 'cloud < 3': ")


@pytest.mark.skipif(not EUROSAT.is_dir(), reason="LOOKALIKE_SHARED has no data/eurosat-stac")
def test_eurosat_through_an_api_is_eurosat_from_its_folder(output: Path) -> None:
    with serving(EUROSAT) as api:
        for file in sorted(EUROSAT.glob("stac/**/item-*.json")):
            item = json.loads(file.read_text())
            for asset in item["assets"].values():
                asset["href"] = f"{api.address}/files/{asset['href'].removeprefix('../../../')}"
            api.items.append(item)
        frozen(api.address, output, label="class")
        stac = StacParams(asset="thumbnail", label="class", hosts=["127.0.0.1"])
        here, there = StacSource(str(EUROSAT), stac), StacSource(str(output), stac)
        local, remote = here.candidates(), there.candidates()
        assert [c._replace(uri="") for c in remote] == [c._replace(uri="") for c in local]
        assert there.read(remote[7]) == here.read(local[7])
