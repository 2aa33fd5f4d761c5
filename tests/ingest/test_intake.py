import os
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import pytest
from PIL import Image

from lookalike.core.errors import LookalikeError
from lookalike.core.files import read_csv, write_csv
from lookalike.ingest.folder import LabelRule, list_folder
from lookalike.ingest.intake import Intake, Rejection

MAX_PIXELS = 10**6
NO_IMAGE = b"a shopping list"


def take_in(
    source: Path, workers: int = 0, labels: LabelRule = "folder", max_pixels: int = MAX_PIXELS
) -> tuple[list[dict[str, Any]], Intake]:
    intake = Intake(str(source), max_pixels, workers)
    return list(intake.rows(list_folder(str(source), labels))), intake


@pytest.fixture
def troubled(digit_folder: Path) -> Path:
    """The digits, and beside them one of everything that can be wrong with a file."""
    first = (digit_folder / "0/00.png").read_bytes()
    (digit_folder / "0/00 copy.png").write_bytes(first)
    (digit_folder / "1/also.png").write_bytes(first)
    (digit_folder / "2/empty.png").touch()
    (digit_folder / "2/list.png").write_bytes(NO_IMAGE)
    (digit_folder / "2/half.png").write_bytes(first[:-40])
    (digit_folder / "2/gone.png").symlink_to("nowhere")
    (digit_folder / "2/itself.png").symlink_to("itself.png")
    os.mkfifo(digit_folder / "2/pipe.png")
    Path(os.fsdecode(os.fsencode(digit_folder) + b"/2/\xff.png")).write_bytes(first)
    return digit_folder


def rejections(intake: Intake) -> dict[str, tuple[str, int]]:
    return {path: (reason, size) for path, reason, size in intake.rejected}


def test_every_image_is_a_row_with_its_bytes_and_where_it_came_from(
    digit_folder: Path, digit_files: dict[str, bytes]
) -> None:
    rows, _ = take_in(digit_folder)
    assert {row["path"]: row["image"] for row in rows} == digit_files
    assert {(row["path"][0], row["label"]) for row in rows} == {("0", "0"), ("1", "1"), ("2", "2")}
    assert rows[9]["source"] == f"{digit_folder}/1/01.png"
    assert (rows[9]["width"], rows[9]["height"], rows[9]["channels"]) == (32, 32, 1)
    assert rows[9]["source_split"] is None


def test_rows_are_in_the_order_of_their_paths(digit_folder: Path) -> None:
    rows, _ = take_in(digit_folder)
    paths = [row["path"] for row in rows]
    assert paths == sorted(paths)


def test_of_equal_files_the_first_path_is_kept(digit_folder: Path) -> None:
    image = (digit_folder / "1/03.png").read_bytes()
    for copy in ("1/00 copy.png", "1/zz copy.png"):
        (digit_folder / copy).write_bytes(image)
    rows, intake = take_in(digit_folder)
    assert [row["path"] for row in rows if row["image"] == image] == ["1/00 copy.png"]
    assert intake.summary()["duplicates"] == 2
    assert rejections(intake) == {
        "1/03.png": ("duplicate of 1/00 copy.png", len(image)),
        "1/zz copy.png": ("duplicate of 1/00 copy.png", len(image)),
    }


def test_the_same_image_under_two_labels_is_counted(digit_folder: Path) -> None:
    image = (digit_folder / "0/00.png").read_bytes()
    (digit_folder / "0/copy.png").write_bytes(image)
    (digit_folder / "2/copy.png").write_bytes(image)
    rows, intake = take_in(digit_folder)
    assert intake.summary()["duplicates"] == 2
    assert intake.summary()["duplicates_with_another_label"] == 1
    assert [row["label"] for row in rows if row["image"] == image] == ["0"]


@pytest.mark.parametrize(
    ("path", "reason", "size"),
    [
        ("2/empty.png", "empty file", 0),
        ("2/list.png", "not an image of a known format", len(NO_IMAGE)),
        ("2/gone.png", "cannot be read: No such file or directory", 0),
        ("2/itself.png", "cannot be read: Too many levels of symbolic links", 0),
        ("2/pipe.png", "is not a regular file", 0),
        (r"2/\xff.png", "its name is not UTF-8", 0),
        ("1/also.png", "duplicate of 0/00 copy.png", None),
    ],
)
def test_a_file_that_cannot_be_used_is_rejected_with_reason_and_bytes(
    troubled: Path, path: str, reason: str, size: int | None
) -> None:
    _, intake = take_in(troubled)
    expected = (reason, (troubled / path).stat().st_size if size is None else size)
    assert rejections(intake)[path] == expected


def test_a_truncated_image_is_rejected_with_the_reason_of_the_decoder(troubled: Path) -> None:
    _, intake = take_in(troubled)
    reason, size = rejections(intake)["2/half.png"]
    assert reason.startswith("broken image: ")
    assert size == (troubled / "2/half.png").stat().st_size


def test_an_image_of_too_many_pixels_is_rejected(
    digit_folder: Path, encoded: Callable[..., bytes]
) -> None:
    (digit_folder / "0/large.png").write_bytes(encoded(Image.new("L", (33, 32))))
    _, intake = take_in(digit_folder, max_pixels=32 * 32)
    assert intake.rejected[0].reason == "33 x 32 pixels, more than 1024 allowed"


def test_nothing_is_dropped_silently(troubled: Path) -> None:
    rows, intake = take_in(troubled)
    assert len(rows) + len(intake.rejected) == len(list_folder(str(troubled), "folder")) == 33
    assert intake.summary() == {
        "images": 24,
        "classes": 3,
        "unlabelled": 0,
        "bytes": sum(len(row["image"]) for row in rows),
        "rejected": 7,
        "duplicates": 2,
        "duplicates_with_another_label": 1,
    }


def test_the_list_of_the_rejected_can_be_written_whatever_their_names(
    troubled: Path, tmp_path: Path
) -> None:
    _, intake = take_in(troubled)
    write_csv(tmp_path / "rejected.csv", Rejection._fields, intake.rejected)
    rejected = read_csv(tmp_path / "rejected.csv")
    assert [row["path"] for row in rejected] == [entry.path for entry in intake.rejected]


def test_images_without_a_label_are_counted_and_are_no_class(digit_folder: Path) -> None:
    (digit_folder / "0/00.png").rename(digit_folder / "loose.png")
    rows, intake = take_in(digit_folder)
    assert intake.summary()["unlabelled"] == 1
    assert intake.summary()["classes"] == 3
    assert [row["path"] for row in rows if row["label"] is None] == ["loose.png"]


def test_workers_change_nothing(troubled: Path) -> None:
    alone_rows, alone = take_in(troubled, workers=0)
    shared_rows, shared = take_in(troubled, workers=2)
    assert shared_rows == alone_rows
    assert shared.rejected == alone.rejected
    assert shared.summary() == alone.summary()


@pytest.mark.parametrize("workers", [0, 2])
def test_where_no_file_is_an_image_the_first_is_named(tmp_path: Path, workers: int) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_bytes(NO_IMAGE)
    with pytest.raises(LookalikeError) as caught:
        take_in(tmp_path, workers)
    assert str(caught.value) == (
        f"ingest.source: {tmp_path}: none of its 3 files is a usable image "
        "(the first, a.txt: not an image of a known format)"
    )


STAGE_THAT_PAUSES_AT_ITS_FIRST_ROW = """
import multiprocessing, time
from lookalike.core.stage import run_stage
from lookalike.ingest.folder import list_folder
from lookalike.ingest.intake import Intake

def main():
    for row in Intake("digits", 10**6, 2).rows(list_folder("digits", "folder")):
        print(*(worker.pid for worker in multiprocessing.active_children()), flush=True)
        [time.sleep(0.1) for _ in range(600)]  # one long sleep may miss a signal just before it

run_stage("ingest", main)
"""


@pytest.fixture
def paused(
    digit_folder: Path, start: Callable[[str], Popen[str]]
) -> tuple[Popen[str], list[psutil.Process]]:
    """A stage that is in the middle of its intake, and its two workers."""
    stage = start(STAGE_THAT_PAUSES_AT_ITS_FIRST_ROW)
    assert stage.stdout is not None
    workers = [psutil.Process(int(pid)) for pid in stage.stdout.readline().split()]
    assert len(workers) == 2
    return stage, workers


def wait_until_ended(workers: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(workers, timeout=10)
    for worker in alive:
        # where nobody collects orphans, they stay as zombies
        assert worker.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_stage_and_workers_gives_one_line(
    paused: tuple[Popen[str], list[psutil.Process]], sent: signal.Signals
) -> None:
    stage, workers = paused
    os.killpg(stage.pid, sent)
    errors = stage.communicate()[1]
    assert errors == "ingest: interrupted; run it again to start this stage anew\n"
    assert stage.returncode == 130
    wait_until_ended(workers)


def test_the_workers_of_a_killed_stage_end_with_it(
    paused: tuple[Popen[str], list[psutil.Process]],
) -> None:
    stage, workers = paused
    stage.kill()
    stage.wait()
    wait_until_ended(workers)
