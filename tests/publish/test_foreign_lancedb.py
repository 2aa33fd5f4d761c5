"""A folder of LanceDB that somebody else has made."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pytest
from tests.publish.stores import lancedb_at

from lookalike.core.errors import DataError
from lookalike.index.index import Index
from lookalike.publish.addresses import store_at

OneLineError = Callable[..., AbstractContextManager[None]]
VERSION = (
    '{"version": "a", "table": "../theirs", "images": 1, "dimension": 1, "whitened_from": null, '
    '"metric": "angular", "model_sha256": null, "vectors_sha256": "a", '
    '"numerics": {"engine": "torch", "precision": "fp32"}, "columns": [["id", "object"]]}'
)


@pytest.mark.parametrize(
    "theirs",
    [
        {"id": [1, 2]},
        {"content": ["a", "b"]},
        {"content": []},
        {"content": ["{"]},
        {"content": ['{"versions": 1}']},
        {"content": [f'{{"versions": [{VERSION}]}}']},
    ],
    ids=["other columns", "two rows", "no row", "no JSON", "no pointer", "unknown types"],
)
def test_a_table_of_our_name_that_is_not_ours_is_one_line_and_stays(
    theirs: dict[str, list[object]], tmp_path: Path, seven: Index, one_line_error: OneLineError
) -> None:
    address = f"lancedb:{tmp_path / 'theirs'}"
    table = pa.table(theirs) if any(theirs.values()) else pa.table({"content": [""]}).slice(1)
    with lancedb_at(address) as database:
        database.create_table("current", table)
        database.create_table("images_of_theirs", table)
    store = store_at(address)
    for ask in (lambda: store.publish(seven, {}, 1, False), store.current):
        with one_line_error("its table current is not lookalike's", kind=DataError):
            ask()
    with lancedb_at(address) as database:
        assert set(database.list_tables().tables) == {"current", "images_of_theirs"}
        assert database.open_table("current").to_arrow() == table
