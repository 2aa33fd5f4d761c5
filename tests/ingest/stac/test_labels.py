from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pyarrow as pa
import pytest

from lookalike.ingest.source import UnreadableError
from lookalike.ingest.stac.labels import ItemLabel, labels_of

OneLine = Callable[..., AbstractContextManager[None]]
GEOJSON = "application/geo+json"


def labels(files: dict[str, str], assets: dict[str, Any], **properties: Any) -> list[ItemLabel]:
    def read(href: str) -> bytes:
        if href not in files:
            raise UnreadableError("there is no such file")
        return files[href].encode()

    row = {"id": "a", "assets": {"image": {"href": "a.png"}, **assets}, **properties}
    return labels_of(pa.Table.from_pylist([row]), "class", read, "ingest.stac.label")


def features(*values: str) -> str:
    inner = ", ".join(f'{{"type": "Feature", "properties": {v}}}' for v in values)
    return f'{{"type": "FeatureCollection", "features": [{inner}]}}'


@pytest.mark.parametrize(
    ("value", "label"), [("cat", "cat"), (7, "7"), (1.5, "1.5"), (2.0, "2"), (True, "true")]
)
def test_a_property_is_the_label(value: object, label: str) -> None:
    assert labels({}, {}, **{"class": value}) == [ItemLabel(label)]


def test_an_item_without_a_label_has_none() -> None:
    rows = [{"assets": {"a": {}}, "class": value} for value in ("cat", None, "")]
    found = labels_of(pa.Table.from_pylist(rows), "class", lambda _: b"", "here")
    assert [label for label, _ in found] == ["cat", None, None]


@pytest.mark.parametrize(
    "asset",
    [
        {"roles": ["labels"]},
        {"roles": ["data", "labels-vector"]},
        {"ml-aoi:role": "label", "roles": ["data"]},
    ],
)
def test_the_label_asset_holds_the_label(asset: dict[str, Any]) -> None:
    files = {"l": features('{"class": "cat"}', '{"class": "cat"}', "null")}
    assert labels(files, {"x": {"href": "l", "type": GEOJSON, **asset}}) == [ItemLabel("cat")]


def test_a_property_goes_before_the_label_asset() -> None:
    assets = {"labels": {"href": "l", "type": GEOJSON}}
    assert labels({}, assets, **{"class": "dog"}) == [ItemLabel("dog")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            features('{"class": "a"}', '{"class": "b"}'),
            "its label asset has several labels: 'a', 'b'",
        ),
        ("{", "its label cannot be read: its label asset is not GeoJSON"),
        ('["a"]', "its label cannot be read: its label asset is not GeoJSON"),
        (features('{"class": [1.5]}'), "[1.5] is neither text nor a number"),
    ],
)
def test_a_label_asset_without_one_label_is_a_problem_of_the_item(
    content: str, problem: str
) -> None:
    (found,) = labels({"l": content}, {"labels": {"href": "l", "type": GEOJSON}})
    assert found.label is None
    assert problem in (found.problem or "")


def test_a_missing_label_asset_is_a_problem_of_the_item() -> None:
    (found,) = labels({}, {"labels": {"href": "l", "type": GEOJSON}})
    assert found.problem == "its label asset cannot be read: there is no such file"


def test_a_label_that_no_item_has_is_one_line(one_line_error: OneLine) -> None:
    with one_line_error("ingest.stac.label: no item has a property 'class'", "are id, kind"):
        labels({}, {}, kind="cat")
