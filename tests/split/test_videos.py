import runpy
from contextlib import chdir
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.csv_file import read_csv
from lookalike.core.layout import Layout
from lookalike.images.inspect import inspect
from lookalike.images.shards import FRAME_OF, write_shards
from lookalike.split.videos import joined_by_video

SOURCE = Path(__file__).parents[2] / "src"
VIDEOS = st.lists(st.sampled_from(["a.mp4", "b.mp4", None]), max_size=12)


def images(videos: list[str | None]) -> pa.Table:
    """Images `0`, `1`, … of which some are frames."""
    ids = [str(number) for number in range(len(videos))]
    return pa.table({"id": ids, "frame_of": pa.array(videos, pa.string())})


def test_frames_of_one_video_are_one_group() -> None:
    videos = ["b.mp4", "a.mp4", None, "a.mp4", "b.mp4"]
    assert joined_by_video({}, images(videos)) == {"0": "0", "4": "0", "1": "1", "3": "1"}


def test_near_duplicates_join_their_videos() -> None:
    joined = joined_by_video({"1": "1", "2": "1"}, images(["a.mp4", "a.mp4", "b.mp4", "b.mp4"]))
    assert joined == dict.fromkeys("0123", "0")


def test_groups_without_frames_stay() -> None:
    groups = {"0": "0", "1": "0"}
    assert joined_by_video(groups, images([None, None, "a.mp4", "a.mp4"])) == groups | {
        "2": "2",
        "3": "2",
    }
    assert joined_by_video(groups, pa.table({"id": ["0", "1"]})) == groups


@given(VIDEOS)
def test_two_frames_are_together_exactly_where_their_video_is_the_same(
    videos: list[str | None],
) -> None:
    group_of = joined_by_video({}, images(videos))
    for one, video in enumerate(videos):
        for other in range(one):
            together = str(one) in group_of and group_of[str(one)] == group_of.get(str(other))
            assert together == (video is not None and video == videos[other])


def test_the_stage_keeps_each_video_in_one_subset(
    tmp_path: Path, digit_files: dict[str, bytes]
) -> None:
    """Four videos of two frames in each of three classes."""
    rows = [
        {
            **inspect(data, 10**6)._asdict(),
            "path": path,
            "label": path[0],
            "source": path,
            "source_split": None,
            "image": data,
            FRAME_OF: f"{path[0]}/{int(path[2:4]) // 2}.mp4",
        }
        for path, data in digit_files.items()
    ]
    (tmp_path / "params.yaml").write_text(
        "split: {ratios: {train: 0.5, valid: 0.25, test: 0.25}, near_duplicates: null}\n"
    )
    write_shards(rows, tmp_path / "data/images", further=[pa.field(FRAME_OF, pa.string())])
    with chdir(tmp_path):
        runpy.run_path(str(SOURCE / "split.py"))["main"](Layout(Path()))
    subset_of = {row["path"]: row["split"] for row in read_csv(tmp_path / "data/split.csv")}
    assert all(
        subset_of[path] == subset_of[f"{path[:2]}{int(path[2:4]) ^ 1:02d}.png"]
        for path in subset_of
    )
    assert sorted(subset_of.values()) == ["test"] * 6 + ["train"] * 12 + ["valid"] * 6
