"""Is the project ready to run?"""

import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.ingest.videos import clip

from lookalike.core.layout import Layout
from lookalike.project.check import check as lines_of_check

OneLineError = Callable[..., AbstractContextManager[None]]


def check(project: Layout) -> str:
    """What the command says."""
    return "\n".join(lines_of_check(project))


@pytest.fixture
def photos(project: Path, digit_files: dict[str, bytes]) -> Path:
    """A folder of three class folders, which is the project's source."""
    for path, data in digit_files.items():
        (project / "photos" / path).parent.mkdir(parents=True, exist_ok=True)
        (project / "photos" / path).write_bytes(data)
    set_params(project, "ingest", source="photos")
    return project / "photos"


def set_params(project: Path, block: str, **values: object) -> None:
    yaml = YAML()
    content = yaml.load(project / "params.yaml")
    content[block].update(values)
    yaml.dump(content, project / "params.yaml")


def test_the_built_in_digits_need_not_be_there_yet(project: Path) -> None:
    assert check(Layout(project)) == "params.yaml is valid; the source is the built-in digits"


def test_a_folder_of_classes_is_ready(project: Path, photos: Path) -> None:
    assert check(Layout(project)) == "params.yaml is valid; photos has 24 files in 3 classes"


def test_a_source_may_be_an_absolute_path(project: Path, photos: Path) -> None:
    set_params(project, "ingest", source=str(photos))
    assert check(Layout(project)).endswith("photos has 24 files in 3 classes")


def test_sidecars_are_counted_apart(project: Path, photos: Path) -> None:
    (photos / "0" / "about.txt").write_text("digits")
    assert check(Layout(project)).splitlines() == [
        "params.yaml is valid; photos has 24 files in 3 classes",
        "by their names no images, and not counted: 1 sidecar",
    ]


def test_it_predicts_what_ingest_refuses_and_names_the_fraction_to_set(
    project: Path, photos: Path, one_line_error: OneLineError
) -> None:
    for number in range(6):
        (photos / "0" / f"{number}.raw").write_text("no image")
    with one_line_error("photos: 6 of 30 files are refused", "set it to 0.2"):
        check(Layout(project))
    set_params(project, "ingest", max_rejected_fraction=0.2)
    assert "6 files will be refused (6 x not an image" in check(Layout(project))


def test_it_says_what_it_makes_of_split_folders(project: Path, photos: Path) -> None:
    for name, copies in (("train", "0"), ("valid", "1"), ("test", "2")):
        (photos / name).mkdir()
        (photos / copies).rename(photos / name / "a")
        (photos / name / "b").mkdir()
        (photos / name / "a/00.png").rename(photos / name / "b/00.png")
    assert "24 files in 2 classes, 8/8/8 by the folders train, valid, test" in check(
        Layout(project)
    )


def test_an_absent_excluded_class_is_a_remark(project: Path, photos: Path) -> None:
    set_params(project, "split", exclude_classes=["BACKGROUND_Google"])
    assert "24 files in 3 classes" in check(Layout(project))


def test_a_class_that_is_not_there_is_refused(
    project: Path, photos: Path, one_line_error: OneLineError
) -> None:
    set_params(project, "split", classes=["0", "9"])
    with one_line_error("split.classes: there is no class '9'"):
        check(Layout(project))


def test_it_says_of_how_many_videos_the_frames_are_taken(project: Path, photos: Path) -> None:
    pytest.importorskip("av")
    (photos / "0/clip.mp4").write_bytes(clip(range(40, 60)))
    set_params(project, "ingest", video_fps=0.5)
    assert "1 video, frames taken of each second: 0.5" in check(Layout(project))
    (photos / "0/clip.mp4").write_bytes(b"no video")
    assert "1 files will be refused (1 x broken video; the first is 0/clip.mp4)" in check(
        Layout(project)
    )


def test_what_dvc_cannot_hash_is_refused_by_name(
    project: Path, photos: Path, one_line_error: OneLineError
) -> None:
    (photos / "0/gone.png").symlink_to("nowhere")
    with one_line_error("photos: DVC cannot hash '0/gone.png' (a link to nothing)"):
        check(Layout(project))


def test_an_address_that_dvc_cannot_watch_is_refused(
    project: Path, one_line_error: OneLineError
) -> None:
    set_params(project, "ingest", source="hf://datasets/photos")
    with one_line_error("ingest.source: hf://datasets/photos: DVC cannot watch it; pin"):
        check(Layout(project))


def test_a_mistake_in_the_parameters_is_one_line(
    project: Path, one_line_error: OneLineError
) -> None:
    set_params(project, "train", epochs=-1)
    with one_line_error("params.yaml: train.epochs = -1"):
        check(Layout(project))


def test_an_engine_that_is_not_installed_is_one_line_and_others_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setitem(sys.modules, "annoy", None)
    with one_line_error("index.engine.name = annoy: the package annoy is missing"):
        check(Layout(project))
    set_params(project, "index", engine={"name": "exact"})
    assert check(Layout(project)).startswith("params.yaml is valid")


def test_an_unknown_backbone_is_one_line(project: Path, one_line_error: OneLineError) -> None:
    set_params(project, "train", backbone="resnet81")
    with one_line_error("train.backbone = 'resnet81'", "resnet18"):
        check(Layout(project))


def test_an_image_size_that_the_backbone_cannot_take_is_one_line(
    project: Path, one_line_error: OneLineError
) -> None:
    set_params(project, "train", backbone="inception_v3")
    with one_line_error("train.image_size = 32", "inception_v3", "it takes 96"):
        check(Layout(project))


def test_an_augmentation_of_colors_cannot_be_had_with_bands(
    project: Path, one_line_error: OneLineError
) -> None:
    set_params(project, "ingest", bands=[1, 2])
    set_params(project, "train", augment="randaugment")
    with one_line_error("train.augment = randaugment", "ingest.bands"):
        check(Layout(project))


def test_a_missing_source_is_one_line(project: Path, one_line_error: OneLineError) -> None:
    set_params(project, "ingest", source="nowhere")
    with one_line_error("ingest.source: ", "nowhere: there is no such file or folder"):
        check(Layout(project))


def test_a_file_as_source_is_one_line(project: Path, one_line_error: OneLineError) -> None:
    set_params(project, "ingest", source="params.yaml")
    with one_line_error("ingest.source: ", "params.yaml: is not a whole zip or tar archive"):
        check(Layout(project))


def test_an_empty_source_is_one_line(project: Path, one_line_error: OneLineError) -> None:
    (project / "empty").mkdir()
    set_params(project, "ingest", source="empty")
    with one_line_error("ingest.source: ", "empty: holds no files"):
        check(Layout(project))


def test_a_folder_without_images_is_one_line_that_names_a_file(
    project: Path, one_line_error: OneLineError
) -> None:
    for name in ("a", "b"):
        (project / "texts" / name).mkdir(parents=True)
        (project / "texts" / name / "1.txt").write_text("text")
    set_params(project, "ingest", source="texts")
    with one_line_error("ingest.source: texts: none of its files is an image", "a/1.txt"):
        check(Layout(project))


def test_a_single_class_cannot_be_trained_on(
    project: Path, photos: Path, one_line_error: OneLineError
) -> None:
    photos.rename(photos.with_name("inner"))
    photos.mkdir()
    photos.with_name("inner").rename(photos / "inner")
    set_params(project, "ingest", labels="top_folder")
    with one_line_error("photos: a single class", "set train.epochs to 0"):
        check(Layout(project))


def test_without_labels_it_says_that_nothing_will_be_trained(project: Path, photos: Path) -> None:
    set_params(project, "ingest", labels="none")
    line = check(Layout(project))
    assert "is valid; photos has 24 files without a label, so nothing will be trained" in line
    assert "put each class into its folder" in line


def test_without_training_there_need_be_no_classes(project: Path, photos: Path) -> None:
    set_params(project, "ingest", labels="none")
    set_params(project, "train", epochs=0)
    assert check(Layout(project)).endswith("24 files without a label")


def test_a_path_where_dvc_cannot_queue_experiments_is_a_remark(
    project: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "Straße" / "猫"
    shutil.copytree(project, moved)
    assert "is not ASCII, so DVC fails at queued experiments" in check(Layout(moved))
