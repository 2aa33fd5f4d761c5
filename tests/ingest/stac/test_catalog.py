import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lookalike.ingest.stac.catalog import FoundItem, folder_reader, walk

OneLine = Callable[..., AbstractContextManager[None]]


def walked(folder: Path, root: str = "catalog.json") -> list[FoundItem]:
    return list(walk(str(folder / root), folder_reader(str(folder))))


def change(file: Path, **fields: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def link_to(folder: Path, rel: str, href: str) -> None:
    links = json.loads((folder / "catalog.json").read_text())["links"]
    change(folder / "catalog.json", links=[*links, {"rel": rel, "href": href}])


def test_every_item_is_found_with_absolute_addresses(digit_catalog: Path) -> None:
    found = walked(digit_catalog)
    assert len(found) == 24
    items = {item["id"]: item for _, item, _ in found if item}
    assert items["digit-2-7"]["assets"]["image"]["href"] == f"{digit_catalog}/images/2/07.png"


def test_a_collection_may_be_the_root(digit_catalog: Path) -> None:
    assert len(walked(digit_catalog / "test", "collection.json")) == 6


def test_what_is_linked_twice_or_in_a_circle_is_found_once(digit_catalog: Path) -> None:
    for rel, href in [
        ("child", "./catalog.json"),
        ("child", "./train/../train/collection.json"),
        ("item", "test/digit-0-6.json"),
        ("item", str(digit_catalog / "test" / "digit-0-6.json")),
    ]:
        link_to(digit_catalog, rel, href)
    assert len(walked(digit_catalog)) == 24


def test_only_children_and_items_are_followed(digit_catalog: Path) -> None:
    for rel in ("root", "parent", "self", "next", "license", "derived_from", "collection"):
        link_to(digit_catalog, rel, "https://example.invalid/catalog.json")
    assert len(walked(digit_catalog)) == 24


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no such file"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a STAC item"),
        ('{"type": "Feature"}', "is not a STAC item"),
        ('{"type": "Catalog", "stac_version": "1.0.0"}', "is not a STAC item"),
    ],
)
def test_a_broken_item_is_found_with_its_problem(
    content: str | None, problem: str, digit_catalog: Path
) -> None:
    file = digit_catalog / "train" / "digit-1-2.json"
    file.unlink() if content is None else file.write_text(content)
    found = walked(digit_catalog)
    (broken,) = [item for item in found if item.item is None]
    assert broken.href == str(file)
    assert (broken.problem or "").startswith(problem)
    assert len(found) == 24


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"type": "Catalog", "links": 3}', None])
def test_a_broken_catalog_is_one_line(
    content: str | None, digit_catalog: Path, one_line_error: OneLine
) -> None:
    file = digit_catalog / "train" / "collection.json"
    file.unlink() if content is None else file.write_text(content)
    with one_line_error(f"{file}: "):
        walked(digit_catalog)


@pytest.mark.parametrize("rel", ["child", "item"])
@pytest.mark.parametrize(
    "href",
    [
        "../outside.json",
        "train/../../outside.json",
        "/etc/passwd",
        "file:///etc/passwd",
        "https://example.invalid/a.json",
        "s3://bucket/a.json",
    ],
)
def test_a_link_out_of_the_folder_is_refused_and_not_read(
    rel: str, href: str, digit_catalog: Path, one_line_error: OneLine
) -> None:
    link_to(digit_catalog, rel, href)
    with one_line_error("which is not in this folder", "lookalike stac-items"):
        walked(digit_catalog)
