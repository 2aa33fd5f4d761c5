import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import pytest
from PIL import Image

from lookalike.core.csv_file import read_csv, write_csv
from lookalike.core.errors import LookalikeError
from lookalike.images.inspect import inspect
from lookalike.images.worker import Limits
from lookalike.ingest.examine import examined
from lookalike.ingest.intake import Intake
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams
from lookalike.ingest.read_ahead import read_ahead
from lookalike.ingest.rejection import Rejection

MAX_PIXELS = 10**6
LIMITS = Limits.for_images(MAX_PIXELS, seconds=30)
NO_IMAGE = b"a shopping list"


def take_in(
    source: Path, workers: int = 0, max_pixels: int = MAX_PIXELS
) -> tuple[list[dict[str, Any]], Intake]:
    params = IngestParams(source=str(source))
    opened = open_source(params)
    manifest = make_manifest(opened, params)
    read = read_ahead(opened, manifest.candidates)
    files = examined(read, partial(inspect, max_pixels=max_pixels), workers, LIMITS)
    intake = Intake(manifest)
    return list(intake.rows(files)), intake


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
    return {entry.path: (entry.reason, entry.bytes) for entry in intake.rejections()}


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
        (r"2/\xff.png", "its name is not UTF-8", None),
        ("1/also.png", "duplicate of 0/00 copy.png, which is kept as 0", None),
    ],
)
def test_a_file_that_cannot_be_used_is_rejected_with_reason_and_bytes(
    troubled: Path, path: str, reason: str, size: int | None
) -> None:
    _, intake = take_in(troubled)
    expected = (
        reason,
        (troubled / path.replace(r"\xff", "\udcff")).stat().st_size if size is None else size,
    )
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
    assert intake.rejections()[0].reason == "33 x 32 pixels, more than 1024 allowed"


def test_nothing_is_dropped_silently(troubled: Path) -> None:
    rows, intake = take_in(troubled)
    assert len(rows) + len(intake.rejections()) == 33
    assert intake.summary() == {
        "images": 24,
        "classes": 3,
        "unlabeled": 0,
        "bytes": sum(len(row["image"]) for row in rows),
        "rejected": 7,
        "dropped": 0,
        "relabeled": 0,
        "corrections_without_image": 0,
        "duplicates": 2,
        "duplicates_with_another_label": 1,
        "duplicates_across_splits": 0,
        "service_files": 0,
        "sidecars": 0,
    }
    intake.check_complete()


def test_the_list_of_the_rejected_can_be_written_whatever_their_names(
    troubled: Path, tmp_path: Path
) -> None:
    _, intake = take_in(troubled)
    write_csv(tmp_path / "rejected.csv", Rejection._fields, intake.rejections())
    rejected = read_csv(tmp_path / "rejected.csv")
    assert [row["path"] for row in rejected] == [entry.path for entry in intake.rejections()]


def test_images_without_a_label_are_counted_and_are_no_class(digit_folder: Path) -> None:
    (digit_folder / "0/00.png").rename(digit_folder / "loose.png")
    rows, intake = take_in(digit_folder)
    assert intake.summary()["unlabeled"] == 1
    assert intake.summary()["classes"] == 3
    assert [row["path"] for row in rows if row["label"] is None] == ["loose.png"]


def test_workers_change_nothing(troubled: Path) -> None:
    alone_rows, alone = take_in(troubled, workers=0)
    shared_rows, shared = take_in(troubled, workers=2)
    assert shared_rows == alone_rows
    assert shared.rejections() == alone.rejections()
    assert shared.summary() == alone.summary()


def test_a_file_that_is_neither_row_nor_rejection_is_a_fault(digit_folder: Path) -> None:
    _, intake = take_in(digit_folder)
    intake.manifest.candidates.pop()
    with pytest.raises(LookalikeError, match="23 files were listed, but 24 are in the image store"):
        intake.check_complete()


def test_service_files_and_sidecars_are_listed_apart_from_the_refused(digit_folder: Path) -> None:
    (digit_folder / "__MACOSX/0").mkdir(parents=True)
    for name in ("__MACOSX/0/._00.png", "0/._00.png", ".DS_Store", "1/Thumbs.db", "0/00.txt"):
        (digit_folder / name).write_bytes(b"junk")
    _, intake = take_in(digit_folder)
    summary = intake.summary()
    assert (summary["service_files"], summary["sidecars"], summary["rejected"]) == (4, 1, 0)
    assert rejections(intake) == {
        "__MACOSX/0/._00.png": ("lies in the service folder __MACOSX", 4),
        "0/._00.png": ("is a service file", 4),
        ".DS_Store": ("is a service file", 4),
        "1/Thumbs.db": ("is a service file", 4),
        "0/00.txt": ("is metadata or annotations by its name", 4),
    }
    intake.check_complete()


STAGE_THAT_PAUSES_AT_ITS_FIRST_ROW = """
import time
from functools import partial
from lookalike.terminal.stage import run_stage
from lookalike.images.inspect import inspect
from lookalike.ingest.examine import examined
from lookalike.ingest.folder import FolderSource
from lookalike.ingest.read_ahead import read_ahead
from lookalike.images.worker import Limits

def main(project):
    source = FolderSource("digits")
    files = read_ahead(source, source.candidates())
    for file in examined(files, partial(inspect, max_pixels=10**6), 2, Limits(60, 2**33)):
        print("taken in", flush=True)
        [time.sleep(0.1) for _ in range(600)]  # one long sleep may miss a signal just before it

if __name__ == "__main__":
    run_stage("ingest", main)
"""


@pytest.fixture
def paused(
    digit_folder: Path, start: Callable[[str], Popen[str]]
) -> tuple[Popen[str], list[psutil.Process]]:
    """A stage that is in the middle of its intake, and every process that it started."""
    stage = start(STAGE_THAT_PAUSES_AT_ITS_FIRST_ROW)
    assert stage.stdout is not None
    assert stage.stdout.readline() == "taken in\n"
    workers = psutil.Process(stage.pid).children(recursive=True)
    assert len(workers) >= 2
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
