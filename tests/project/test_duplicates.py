"""lookalike duplicates: the list, the leaks of splits, the picture."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tests.images.whole_table import open_shards

from lookalike import cli
from lookalike.core.layout import Layout
from lookalike.images.shards import write_shards
from lookalike.images.split_file import write_split
from lookalike.images.store import ImageStore
from lookalike.project.duplicates import describe, find_duplicates
from lookalike.project.duplicates_grid import draw_duplicates

SUBSETS = {"flower/large.jpg": "train", "flower/small.webp": "test"}


@pytest.fixture
def photos(project: Path, photo_images: ImageStore) -> Path:
    """A project with photographs, of which the split tears the flower apart."""
    (project / "dvc.yaml").touch()
    shutil.copytree(
        photo_images.folder,
        project / "data" / "images",
    )
    rows = open_shards(photo_images.folder).to_pylist()
    write_split(
        project / "data" / "split.csv",
        ((row["id"], row["path"], row["label"], SUBSETS.get(row["path"], "train")) for row in rows),
    )
    with (project / "data" / "rejected.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [
                ("path", "reason", "bytes", "kind", "duplicate_of", "source_split"),
                ("temple/again.jpg", "duplicate", 9, "duplicate", "temple/large.jpg", "train"),
                ("temple/empty.jpg", "empty file", 0, "refused", "", ""),
            ]
        )
    return project


def test_copies_groups_and_leaks_are_listed(photos: Path) -> None:
    lines = describe(find_duplicates(Layout(photos), split=None))
    assert lines[0] == "exact duplicates: 1"
    assert lines[1] == "  temple/again.jpg: duplicate of temple/large.jpg"
    assert lines[2].startswith("near-duplicates: 16 pairs; 8 images in 2 groups; 0 pairs apart")
    assert lines[3].startswith("  temple/cropped.png, temple/dark.jpg, ")
    assert lines[4] == "  flower/large.jpg, flower/small.webp"
    assert lines[5].endswith("split.csv: 1 of the pairs are in two subsets (test and train 1)")
    assert lines[6:] == ["  flower/large.jpg (train), flower/small.webp (test)"]


def test_a_name_from_elsewhere_makes_no_line_of_its_own(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (photos / "data" / "rejected.csv").open("a", newline="") as file:
        name = "temple/\x1b[2J\nleaks: none\u202e.jpg"
        csv.writer(file).writerow((name, "duplicate", 9, "duplicate", "temple/large.jpg", "train"))
    monkeypatch.chdir(photos)
    monkeypatch.setattr("sys.argv", ["lookalike", "duplicates"])
    with pytest.raises(SystemExit):
        cli.main()
    lines = capsys.readouterr().out.splitlines()
    assert r"  temple/\x1b[2J\nleaks: none\u202e.jpg: duplicate of temple/large.jpg" in lines


def test_the_split_of_the_source_is_checked_too(photos: Path) -> None:
    images = photos / "data" / "images"
    rows = open_shards(images).to_pylist()
    shutil.rmtree(images)
    sides = {"temple/large.jpg": "train", "temple/mirrored.jpg": "val"}
    write_shards(({**row, "source_split": sides.get(row["path"])} for row in rows), images)
    leaks = find_duplicates(Layout(photos), split=None).leaks["source_split"]
    assert [(leak.one, leak.other, leak.subsets) for leak in leaks] == [
        ("temple/large.jpg", "temple/mirrored.jpg", ("train", "valid"))
    ]


def test_an_exact_copy_in_another_split_of_the_source_is_a_leak(photos: Path) -> None:
    images = photos / "data" / "images"
    rows = open_shards(images).to_pylist()
    shutil.rmtree(images)
    sides = {"temple/large.jpg": "test"}  # its copy temple/again.jpg is listed as of train
    write_shards(({**row, "source_split": sides.get(row["path"])} for row in rows), images)
    (leak,) = find_duplicates(Layout(photos), split=None).leaks["source_split"]
    assert (leak.one, leak.other) == ("temple/again.jpg", "temple/large.jpg")
    assert (leak.subsets, leak.difference) == (("train", "test"), 0.0)


def test_the_list_can_be_json(photos: Path) -> None:
    found = json.loads(json.dumps(find_duplicates(Layout(photos), split=None).to_dict()))
    assert found["exact"] == [
        {
            "path": "temple/again.jpg",
            "duplicate_of": "temple/large.jpg",
            "source_split": "train",
            "kept_in": None,
        }
    ]
    assert [len(members) for members in found["groups"]] == [6, 2]


def test_torn_groups_come_first_in_the_picture(photos: Path, tmp_path: Path) -> None:
    draw_duplicates(
        Layout(photos), find_duplicates(Layout(photos), split=None), tmp_path / "groups.png"
    )
    with Image.open(tmp_path / "groups.png") as picture:
        top = picture.convert("RGB").crop((0, 0, picture.width, picture.height // 2))
    colors = {color for _, color in top.getcolors(2**24)}
    assert any(red > 180 and green < 80 and blue < 90 for red, green, blue in colors)


def test_a_split_with_leaks_can_fail(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos)
    monkeypatch.setattr("sys.argv", ["lookalike", "duplicates", "--fail-on-leaks"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == "lookalike: duplicates in two subsets: data/split.csv 1"
    assert "16 pairs" in capsys.readouterr().out
