"""What people have decided about images is applied, and what it is not applied to is said."""

import csv
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from lookalike.images.inspect import inspect
from lookalike.images.worker import Limits
from lookalike.ingest.corrections import Corrections, read_corrections
from lookalike.ingest.examine import examined
from lookalike.ingest.intake import Intake
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.read_ahead import read_ahead

OneLineError = Callable[..., AbstractContextManager[None]]
Corrected = Callable[..., tuple[dict[str, dict[str, Any]], Intake]]


@pytest.fixture
def corrected(digit_folder: Path, tmp_path: Path) -> Corrected:
    """Take the digits in with rows `(path, id, action, label)`; the rows of the store by path."""

    def take_in(*rows: tuple[str, str, str, str]) -> tuple[dict[str, dict[str, Any]], Intake]:
        path = tmp_path / "corrections.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("path", "id", "action", "label"), *rows])
        source = open_source(IngestParams(source=str(digit_folder)))
        manifest = make_manifest(source, IngestParams())
        read = read_ahead(source, manifest.candidates)
        files = examined(read, partial(inspect, max_pixels=10**6), 0, Limits(30, 2**32))
        intake = Intake(manifest, corrections=read_corrections(path))
        return {row["path"]: row for row in intake.rows(files)}, intake

    return take_in


def id_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_image_gets_the_label_that_it_is_given(corrected: Corrected) -> None:
    rows, intake = corrected(("1/03.png", "", "relabel", "7"))
    assert rows["1/03.png"]["label"] == "7"
    assert {row["label"] for path, row in rows.items() if path != "1/03.png"} == {"0", "1", "2"}
    assert intake.summary()["relabeled"] == 1
    assert intake.summary()["classes"] == 4


def test_an_image_that_is_dropped_is_listed_as_such(corrected: Corrected) -> None:
    rows, intake = corrected(("1/03.png", "", "drop", ""))
    assert "1/03.png" not in rows
    (rejection,) = intake.rejections()
    assert (rejection.path, rejection.kind) == ("1/03.png", "dropped")
    assert rejection.reason.endswith("corrections.csv")
    assert (intake.summary()["dropped"], intake.summary()["rejected"]) == (1, 0)
    intake.check_complete()


def test_an_image_that_is_kept_stays_as_it_is(corrected: Corrected) -> None:
    assert corrected(("1/03.png", "", "keep", "1"))[0] == corrected()[0]


def test_an_id_names_an_image_wherever_it_lies(corrected: Corrected, digit_folder: Path) -> None:
    id = id_of(digit_folder / "1/03.png")
    (digit_folder / "1/03.png").rename(digit_folder / "2/moved.png")
    rows, intake = corrected(("1/03.png", id, "relabel", "1"))
    assert rows["2/moved.png"]["label"] == "1"
    assert intake.summary()["corrections_without_image"] == 0


def test_a_row_with_an_id_says_nothing_of_another_image_at_its_path(
    corrected: Corrected, digit_folder: Path
) -> None:
    rows, intake = corrected(("1/03.png", id_of(digit_folder / "1/04.png")[::-1], "drop", ""))
    assert "1/03.png" in rows
    assert intake.summary()["corrections_without_image"] == 1


def test_an_id_names_all_equal_files(corrected: Corrected, digit_folder: Path) -> None:
    image = digit_folder / "1/03.png"
    (digit_folder / "0/copy.png").write_bytes(image.read_bytes())
    rows, intake = corrected(("1/03.png", id_of(image), "relabel", "1"))
    assert rows["0/copy.png"]["label"] == "1"
    assert intake.summary()["duplicates_with_another_label"] == 0
    rows, intake = corrected(("1/03.png", id_of(image), "drop", ""))
    assert not {"0/copy.png", "1/03.png"} & rows.keys()
    intake.check_complete()


def test_a_file_that_is_no_image_can_be_dropped_and_counts_no_more(
    corrected: Corrected, digit_folder: Path
) -> None:
    (digit_folder / "2/list.png").write_bytes(b"a shopping list")
    _, intake = corrected(("2/list.png", "", "drop", ""))
    assert (intake.summary()["dropped"], intake.summary()["rejected"]) == (1, 0)
    intake.check_complete()


def test_a_row_for_an_image_that_is_not_there_is_counted_and_said(corrected: Corrected) -> None:
    rows, intake = corrected(("9/99.png", "", "drop", ""), ("1/03.png", "", "keep", "1"))
    assert len(rows) == 24
    assert intake.summary()["corrections_without_image"] == 1
    (line,) = intake.corrections.lines()
    assert "corrections.csv: 1 row for images that the source does not have: '9/99.png'" in line


def test_a_table_that_drops_everything_is_one_line(
    corrected: Corrected, digit_files: dict[str, bytes], one_line_error: OneLineError
) -> None:
    _, intake = corrected(*((path, "", "drop", "") for path in digit_files))
    with one_line_error("corrections.csv: drops every image"):
        intake.check_complete()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("path,id,action,label\na.png,,delete,\n", "row 1: action = 'delete'; there are keep"),
        ("path,id,action,label\na.png,,relabel,\n", "row 1: relabel needs a label"),
        ("path,id,action,label\n,,drop,\n", "row 1 has neither path nor id"),
        ("path,id,action,label\na,,drop,\nb,,drop,\na,,keep,1\n", "rows 1 and 3 are of the same"),
        ("path,id,action,label\na,7f,drop,\nb,7f,keep,\n", "rows 1 and 2 are of the same image"),
        ("path,id,action,label\na,,drop,,,\n", "row 1 has more fields than the header"),
        ("path\na.png\n", "row 1: action = ''"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_table_that_says_nothing_clear_is_one_line(
    content: str | bytes, words: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    path = tmp_path / "corrections.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with one_line_error(f"{path}: {words}"):
        read_corrections(path)


def test_a_table_that_is_not_there_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("corrections.csv: cannot be read", "ingest.corrections"):
        read_corrections(tmp_path / "corrections.csv")


def test_any_unicode_spelling_of_a_path_will_do() -> None:
    from lookalike.ingest.corrections import Correction

    row = Correction("caf\u00e9/1.png", "", "drop", "")
    assert Corrections([row]).find("cafe\u0301/1.png", None) == row
