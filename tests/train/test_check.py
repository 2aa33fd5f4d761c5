"""What the stage refuses before it reads an image."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams
from lookalike.images import loading
from lookalike.model.artifact_fingerprint import DESCRIPTION
from lookalike.train.check import check_training
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]

SMALL = {"backbone": "cnn:4", "image_size": 32, "resize": 32}


def check(root: Path, workers: int = 0, devices: int = 1, **values: Any) -> None:
    machine = MachineParams(workers=workers, devices=devices)
    check_training(TrainParams(**{**SMALL, **values}), machine, None, Layout(root))


@pytest.mark.parametrize(
    "spelling",
    [
        "models/model",
        "./models/../models//model/",
        "models/model/weights.safetensors",
        "{root}/models/model",
        "{root}/models/x/../model",
        "file://{root}/models/model/weights.safetensors",
        "simplecache::file://{root}/models/model/weights.safetensors",
        "link",
    ],
)
def test_weights_that_the_training_itself_replaces_are_refused(
    spelling: str, tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "models" / "model").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "models" / "model")
    with one_line_error("train.weights", "models/model", "name a copy (cp -r models/model NAME)"):
        check(tmp_path, weights=spelling.format(root=tmp_path))


def test_a_checkpoint_whose_file_dvc_links_to_its_cache_is_refused_too(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "models" / "checkpoints").mkdir(parents=True)
    (tmp_path / "cached").touch()
    linked = tmp_path / "models" / "checkpoints" / "last.safetensors"
    linked.symlink_to(tmp_path / "cached")
    with one_line_error("train.resume_from", "name a copy"):
        check(tmp_path, resume_from="models/checkpoints/last.safetensors")


def test_weights_and_a_checkpoint_have_to_be_there(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.weights: none.pth: there is no such file"):
        check(tmp_path, weights="none.pth")
    with one_line_error("train.resume_from: none.safetensors: there is no such file"):
        check(tmp_path, resume_from="none.safetensors")


def test_an_image_size_that_the_backbone_cannot_take_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.image_size = 32", "vit_b_32", "it takes 224"):
        check(tmp_path, backbone="vit_b_32")
    with one_line_error("train.image_size = 32", "inception_v3", "it takes 96"):
        check(tmp_path, backbone="inception_v3", epochs=0)


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"name": "resnet81"}, ["'resnet81': there is no such backbone", "resnet18"]),
        ({"name": "vit_b_32"}, ["train.image_size = 32", "vit_b_32", "it takes 224"]),
        ({"name": "cnn:2", "weights": "none.pth"}, ["none.pth: there is no such file"]),
        ({"name": "cnn:2", "weights": "models/model"}, ["models/model", "name a copy"]),
        ({"name": "cnn:2", "weights": "earlier"}, ["earlier", "a whole model", "train.weights"]),
    ],
)
def test_a_second_backbone_is_held_to_the_same(
    second: dict[str, str], words: list[str], tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / DESCRIPTION).touch()
    with one_line_error(*words):
        check(tmp_path, second_backbone=second)


def test_batch_norm_of_a_second_backbone_needs_two_images(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    micro_batches = {"batch_size": 4, "gradient_accumulation": 4, "backbone": "vgg11"}
    check(tmp_path, **micro_batches)
    with one_line_error("of one image each"):
        check(tmp_path, **micro_batches, second_backbone={"name": "mobilenet_v3_small"})


def test_micro_batches_are_counted_for_all_devices(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("of one image each"):
        check(tmp_path, devices=2, batch_size=8, gradient_accumulation=4)


def test_what_loading_processes_need_is_held_against_shared_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.setattr(loading, "shared_memory", lambda: 64 * 2**20)
    photos = {"image_size": 224, "resize": "squash", "batch_size": 32}
    check(tmp_path, workers=3, **photos)
    with one_line_error("need up to 77 MB", "67 MB free", "--shm-size=1g", "machine.workers"):
        check(tmp_path, workers=4, **photos)


def test_pooling_that_the_backbone_has_not_is_refused(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("train.pooling = cls: train.backbone cnn:4 has no class token"):
        check(tmp_path, pooling="cls")
