"""Frames of videos: real ones, made here by FFmpeg's encoders."""

import struct
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from fractions import Fraction
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lookalike.images.inspect import inspect
from lookalike.images.worker import Limits
from lookalike.ingest.examine import examined
from lookalike.ingest.frames import VideoFrames
from lookalike.ingest.intake import Intake
from lookalike.ingest.manifest import make_manifest
from lookalike.ingest.opening import open_source
from lookalike.ingest.params import IngestParams

from .videos import HEIGHT, WIDTH, clip

pytest.importorskip("av")

OneLineError = Callable[..., AbstractContextManager[None]]
MakeArchive = Callable[[dict[str, bytes], str], bytes]
TURN_MATRIX = 40  # where the header of a track has it, ISO/IEC 14496-12, 8.3.2


def take(folder: Path, fps: float | None = 1, **params: Any) -> tuple[dict[str, Any], Intake]:
    """The rows of a folder by their paths, and the intake; every file is accounted for."""
    given = IngestParams(source=str(folder), video_fps=fps, **params)
    source = open_source(given)
    manifest = make_manifest(source, given)
    videos = VideoFrames(given)
    look = partial(inspect, max_pixels=given.max_pixels)
    limits = Limits.for_images(given.max_pixels, 60)
    files = videos.read(source, manifest.candidates)
    intake = Intake(manifest)
    rows = list(intake.rows(examined(files, look, 1, limits)))
    intake.check_complete(videos.added)
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    return {row["path"]: row for row in rows}, intake


def reasons(intake: Intake) -> dict[str, str]:
    return {rejected.path: rejected.reason for rejected in intake.rejections()}


def gray(row: dict[str, Any]) -> int:
    """The gray in the right half of a row's image."""
    with Image.open(BytesIO(row["image"])) as image:
        return int(np.median(np.asarray(image)[:, WIDTH // 2 + 4 :]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "source" / "dog").mkdir(parents=True)
    return tmp_path / "source"


def test_frames_are_taken_at_a_steady_rate_and_named_by_their_times(folder: Path) -> None:
    (folder / "dog/clip.mp4").write_bytes(clip(range(40, 200, 4)))  # four seconds
    rows, _ = take(folder, fps=2)
    assert list(rows) == [f"dog/clip.mp4#t={n / 2:010.3f}" for n in range(8)]
    assert [gray(row) for row in rows.values()] == pytest.approx(range(40, 200, 20), abs=3)


def test_a_frame_has_the_label_and_knows_its_video(folder: Path) -> None:
    (folder / "dog/clip.mp4").write_bytes(clip(range(40, 60)))
    rows, _ = take(folder)
    row = rows["dog/clip.mp4#t=000001.000"]
    assert (row["label"], row["frame_of"], row["frame_seconds"]) == ("dog", "dog/clip.mp4", 1.0)
    assert row["source"] == f"{folder}/dog/clip.mp4#t=000001.000"
    assert (row["width"], row["height"]) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("form", ["matroska", "avi", "mpegts"])
def test_a_long_video_gives_in_parts_what_it_gives_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    from lookalike.ingest.video import part, part_request

    video = clip([40 + number % 160 for number in range(100)], form=form)
    parts = partial(part, rate=Fraction(10), max_pixels=10**6)
    frames: list[bytes] = []
    while not (found := parts(part_request(len(frames), video))).is_last:
        frames += found.frames
    frames += found.frames
    monkeypatch.setattr("lookalike.ingest.video.PART_FRAMES", 1000)
    assert parts(part_request(0, video)) == (frames, True)
    assert len(frames) == 100


def test_the_label_file_may_name_a_video(folder: Path) -> None:
    (folder / "clip.mp4").write_bytes(clip(range(40, 60)))
    (folder / "metadata.csv").write_text("file_name,label,place\nclip.mp4,cat,garden\n")
    rows, _ = take(folder)
    assert {(row["label"], row["place"]) for row in rows.values()} == {("cat", "garden")}


def test_videos_in_an_archive_give_the_frames_that_they_give_in_a_folder(
    folder: Path, archived: MakeArchive
) -> None:
    video = clip(range(40, 60))
    (folder / "dog/clip.mp4").write_bytes(video)
    (folder / "videos.zip").write_bytes(archived({"dog/clip.mp4": video}, "zip"))
    in_archive, _ = take(folder / "videos.zip")
    (folder / "videos.zip").unlink()
    in_folder, _ = take(folder)
    assert [row["id"] for row in in_archive.values()] == [row["id"] for row in in_folder.values()]


def test_images_and_videos_are_in_the_order_of_their_paths(
    folder: Path, digit_files: dict[str, bytes]
) -> None:
    (folder / "dog/a.mp4").write_bytes(clip(range(40, 60)))
    for digit, name in enumerate(("a.mp4 cover.png", "b.png", "c.png")):
        (folder / "dog" / name).write_bytes(digit_files[f"{digit}/00.png"])
    rows, _ = take(folder)
    frames = [f"a.mp4#t=00000{second}.000" for second in range(2)]
    names = ["a.mp4 cover.png", *frames, "b.png", "c.png"]
    assert list(rows) == [f"dog/{name}" for name in names]


def test_a_video_that_was_held_upright_is_upright(folder: Path) -> None:
    """A quarter turn clockwise, as phones note it in the header of a track."""
    video = bytearray(clip(range(40, 60)))
    matrix = video.index(b"tkhd") + 4 + TURN_MATRIX
    video[matrix : matrix + 20] = struct.pack(">5i", 0, 0x10000, 0, -0x10000, 0)
    (folder / "dog/clip.mp4").write_bytes(video)
    rows, _ = take(folder)
    row = rows["dog/clip.mp4#t=000000.000"]
    assert (row["width"], row["height"]) == (HEIGHT, WIDTH)
    with Image.open(BytesIO(row["image"])) as image:  # what was left is above
        top, bottom = np.asarray(image)[4], np.asarray(image)[-4]
    assert bottom.mean() - top.mean() == pytest.approx(16, abs=3)


def test_a_broken_video_is_one_rejection_and_the_others_go_on(folder: Path) -> None:
    whole = clip(range(40, 60))
    (folder / "dog/cut.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "dog/list.mp4").write_text("a shopping list")
    (folder / "dog/empty.mp4").touch()
    (folder / "dog/whole.mp4").write_bytes(whole)
    rows, intake = take(folder)
    assert {row["frame_of"] for row in rows.values()} == {"dog/whole.mp4"}
    assert list(reasons(intake)) == ["dog/cut.mp4", "dog/empty.mp4", "dog/list.mp4"]
    assert all(reason.startswith("broken video: ") for reason in reasons(intake).values())


def test_a_playlist_reaches_no_other_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(clip(range(40, 60), form="mpegts"))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{tmp_path}/secret.mp4\n"
    (folder / "dog/list.mp4").write_text(f"{playlist}#EXT-X-ENDLIST\n")
    rows, intake = take(folder)
    assert rows == {}
    assert reasons(intake)["dog/list.mp4"].startswith("broken video: ")


def test_a_video_of_too_many_pixels_or_frames_is_one_rejection(folder: Path) -> None:
    (folder / "dog/clip.mp4").write_bytes(clip(range(40, 80)))
    _, intake = take(folder, max_pixels=WIDTH * HEIGHT - 1)
    assert reasons(intake) == {"dog/clip.mp4": "64 x 48 pixels, more than 3071 allowed"}
    rows, intake = take(folder, video_max_frames=3)
    assert rows == {}
    assert "more than the 3 frames that are allowed" in reasons(intake)["dog/clip.mp4"]


def test_a_picture_that_does_not_change_is_taken_once(folder: Path) -> None:
    (folder / "dog/still.mp4").write_bytes(clip([100] * 30))
    rows, intake = take(folder)
    assert list(rows) == ["dog/still.mp4#t=000000.000"]
    first = "duplicate of dog/still.mp4#t=000000.000"
    assert set(reasons(intake).values()) <= {first}


def test_the_video_of_a_live_photo_stays_a_sidecar(
    folder: Path, digit_files: dict[str, bytes]
) -> None:
    (folder / "dog/IMG_1.mov").write_bytes(clip(range(40, 60)))
    (folder / "dog/IMG_1.png").write_bytes(digit_files["0/00.png"])
    rows, intake = take(folder)
    assert list(rows) == ["dog/IMG_1.png"]
    assert reasons(intake) == {"dog/IMG_1.mov": "is a video or sound by its name"}


def test_without_a_rate_videos_are_sidecars(folder: Path, digit_files: dict[str, bytes]) -> None:
    (folder / "dog/clip.mp4").write_bytes(clip(range(40, 60)))
    (folder / "dog/0.png").write_bytes(digit_files["0/00.png"])
    rows, intake = take(folder, fps=None)
    assert list(rows) == ["dog/0.png"]
    assert "frame_of" not in rows["dog/0.png"]
    assert reasons(intake) == {"dog/clip.mp4": "is a video or sound by its name"}


def test_a_rate_without_the_extra_is_one_line(
    monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.delitem(sys.modules, "lookalike.ingest.video", raising=False)
    monkeypatch.setitem(sys.modules, "av", None)
    with one_line_error("the package av is missing: pip install 'lookalike[video]'"):
        VideoFrames(IngestParams(video_fps=1))
