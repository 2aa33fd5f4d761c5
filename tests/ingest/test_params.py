"""The `ingest` block."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lookalike.core.params import parse_block
from lookalike.images.bands import Bands
from lookalike.ingest.params import IngestParams

PATH = Path("params.yaml")


def parsed(**values: Any) -> IngestParams:
    return parse_block(IngestParams, {"ingest": values}, PATH)


def test_without_bands_images_are_read_as_rgb() -> None:
    assert parsed().reading is None


@pytest.mark.parametrize(
    ("values", "reading"),
    [
        ({"bands": "all"}, Bands(chosen="all")),
        ({"bands": [4, 3, 2]}, Bands(chosen=(4, 3, 2))),
        ({"bands": "all", "rgb": [4, 3, 2]}, Bands(chosen="all", rgb=(4, 3, 2))),
    ],
)
def test_bands_say_how_images_are_read(values: dict[str, Any], reading: Bands) -> None:
    assert parsed(**values).reading == reading


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"bands": []}, "bands should name a band at least"),
        ({"bands": [1, 1]}, "bands should name each band once"),
        ({"bands": [0, 1]}, "bands are numbered from 1"),
        ({"bands": "some"}, "ingest.bands = 'some'"),
        ({"bands": "all", "rgb": [1, 2]}, "rgb should be three bands"),
        ({"rgb": [4, 3, 2]}, "rgb has no meaning without bands"),
    ],
)
def test_a_choice_that_makes_no_sense_is_one_line(
    values: dict[str, Any],
    words: str,
    one_line_error: Callable[..., AbstractContextManager[None]],
) -> None:
    with one_line_error("params.yaml: ingest", words):
        parsed(**values)
