from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.ingest.manifest import Manifest
from lookalike.ingest.params import IngestParams
from lookalike.ingest.refusals import check_refusals
from lookalike.ingest.rejection import Rejection, rejection
from lookalike.ingest.source import Candidate

LISTED = [Candidate(f"cat/{n}.png", "cat", f"photos/cat/{n}.png") for n in range(10)]
REFUSED = [
    rejection(LISTED[0], "empty file", 0),
    rejection(LISTED[1], "broken image: at byte 12", 90),
    rejection(LISTED[2], "broken image: at byte 15", 91),
]


def refuse(refused: list[Rejection], allowed: float, files: int = 10) -> str:
    params = IngestParams(source="photos", max_rejected_fraction=allowed)
    with pytest.raises(LookalikeError) as caught:
        check_refusals(params, Manifest(LISTED[:files]), refused, Path("data/rejected.csv"))
    return str(caught.value)


def test_as_many_refusals_as_allowed_pass() -> None:
    params = IngestParams(source="photos", max_rejected_fraction=0.3)
    check_refusals(params, Manifest(LISTED), REFUSED, None)


def test_more_are_one_line_with_the_kinds_and_the_fraction_to_set() -> None:
    assert refuse(REFUSED, 0.29) == (
        "ingest.source: photos: 3 of 10 files are refused (2 x broken image, 1 x empty file; the "
        "first is cat/0.png), more than ingest.max_rejected_fraction = 0.29 allows: mend or remove "
        "them, or set it to 0.3; data/rejected.csv lists them"
    )


def test_a_source_without_any_image_is_one_line_whatever_is_allowed() -> None:
    assert refuse(REFUSED, 1.0, files=3) == (
        "ingest.source: photos: none of its files is an image (2 x broken image, 1 x empty file; "
        "the first is cat/0.png)"
    )


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("its name is not UTF-8", "its name is not UTF-8"),
        ("16-bit colors", "16-bit colors"),
        ("6 x 8 pixels, more than 40 allowed", "N x N pixels, more than N allowed"),
        ("broken image: at byte 12", "broken image"),
    ],
)
def test_reasons_that_differ_in_numbers_are_of_one_kind_and_names_stay(
    reason: str, kind: str
) -> None:
    assert rejection(LISTED[0], reason, 0).kind_of_reason == kind
