"""The `train` block of `params.yaml`."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.core.params import parse_block
from lookalike.model.head_layers import HeadLayers
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]

SHA256 = "0123456789abcdef" * 4


def train(**values: object) -> TrainParams:
    return parse_block(TrainParams, {"train": values}, Path("params.yaml"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image_size": 64, "resize": 63}, ["resize = 63 is below image_size = 64"]),
        ({"resize": 100_000}, ["resize = 100000 should be at most 8192"]),
        ({"weights_sha256": SHA256}, ["weights_sha256 has no meaning with weights: none"]),
        (
            {"backbone": "timm/resnet18", "weights": "pretrained", "weights_sha256": SHA256},
            ["of timm are pinned by weights_revision"],
        ),
        ({"weights": "w.pth", "weights_sha256": "abc"}, ["64 hexadecimal digits"]),
        (
            {"backbone": "timm/a", "layer_decay": 0.9, "second_backbone": {"name": "cnn"}},
            ["layer_decay is for one backbone"],
        ),
        (
            {"batch_size": 32, "gradient_accumulation": 3},
            ["batch_size = 32", "gradient_accumulation = 3", "equal micro-batches"],
        ),
        ({"resume_from_sha256": SHA256}, ["has no meaning without resume_from"]),
        ({"resume_from": "a", "resume_from_sha256": "abc"}, ["64 hexadecimal digits"]),
        ({"epochs": 2, "warmup_epochs": 2.0}, ["warmup_epochs = 2 should be below epochs = 2"]),
        ({"loss": "triplet"}, ["triplet compares images of the same class", "sampling: pk"]),
        ({"added_loss": "supcon"}, ["supcon compares images of the same class", "sampling: pk"]),
        ({"loss": "arcface", "added_loss": "proxy_anchor"}, ["not to loss: arcface"]),
        ({"loss": "arcface", "mixup": 0.2}, ["which arcface cannot compare"]),
        ({"sampling": "pk", "batch_size": 7}, ["does not hold two classes"]),
    ],
)
def test_values_that_contradict_each_other_are_one_line(
    values: dict[str, object], words: list[str], one_line_error: OneLineError
) -> None:
    with one_line_error("params.yaml: train: ", *words):
        train(**values)


def test_a_resize_that_is_neither_a_length_nor_squash_is_one_line(
    one_line_error: OneLineError,
) -> None:
    with one_line_error("params.yaml: train.resize = 'squish'", "integer", "'squash'"):
        train(resize="squish")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", 0.0),
        ("lr", -1.0),
        ("embedding_dim", 1),
        ("image_size", 31),
        ("image_size", 100_000),
        ("train_image_size", 100_000),
        ("embedding_dim", 10**9),
        ("batch_size", 1),
        ("epochs", -1),
        ("label_smoothing", 1.0),
        ("optimizer", "lion"),
        ("momentum", 1.0),
        ("smallest_crop", 0.0),
        ("augment", "yes"),
        ("augment", True),
        ("augment_probability", 0.0),
        ("betas", [0.9]),
        ("ema_decay", 1.0),
        ("gradient_clip", 0.0),
        ("head", "deep"),
        ("loss", "contrastive"),
        ("patience", 0),
        ("gradient_accumulation", 0),
        ("cache", "all"),
        ("image_size", 100_000),
        ("train_image_size", 100_000),
    ],
)
def test_a_value_out_of_range_is_named_with_its_key(
    key: str, value: object, one_line_error: OneLineError
) -> None:
    with one_line_error(f"params.yaml: train.{key} = {value!r}"):
        train(**{key: value})


def test_a_misspelt_key_is_answered_with_the_right_one(one_line_error: OneLineError) -> None:
    with one_line_error("train.bachbone", "did you mean train.backbone?"):
        train(bachbone="resnet18")


def test_without_training_the_warm_up_does_not_matter() -> None:
    assert train(epochs=0, warmup_epochs=5.0).epochs == 0


def test_a_file_of_weights_may_have_its_hash() -> None:
    assert train(weights="w.pth", weights_sha256=SHA256).weights_sha256 == SHA256


def test_the_resize_may_be_as_small_as_the_image() -> None:
    assert train(image_size=64, resize=64).resize == 64


def test_the_recipes_page_states_every_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(.+)` \|$", page.partition("## Defaults")[2], re.M)
    assert dict(rows) == {
        name: json.dumps(field.default).strip('"')
        for name, field in sorted(TrainParams.model_fields.items())
    }


@pytest.mark.parametrize(
    ("values", "monitored"),
    [
        ({}, "accuracy"),
        ({"added_loss": "arcface"}, "accuracy"),
        ({"loss": "arcface"}, "recall_at_1"),
        ({"loss": "supcon", "sampling": "pk"}, "recall_at_1"),
        ({"loss": "arcface", "monitor": "accuracy"}, "accuracy"),
    ],
)
def test_what_the_best_epoch_is_chosen_by_follows_the_loss(
    values: dict[str, object], monitored: str
) -> None:
    assert train(**values).monitored == monitored


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"backbone": "resnet18", "weights": "pretrained"}, "of timm's backbones"),
        ({"backbone": "timm/resnet18", "weights": "none"}, "of timm's backbones"),
        ({"backbone": "timm/resnet18", "weights": "pretrained", "weights_revision": "main"}, "40"),
    ],
)
def test_a_revision_is_a_commit_of_pretrained_weights_of_timm(
    values: dict[str, str], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        TrainParams.model_validate({"weights_revision": "0" * 40, **values})


LAYERS = {"layers": [512, 128], "dropout": [0.5, 0.25, 0.25]}


def test_a_head_may_be_layers() -> None:
    head = train(head=LAYERS, embedding_dim=128).head
    assert head == HeadLayers(layers=[512, 128], dropout=[0.5, 0.25, 0.25])


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"head": LAYERS}, "embedding_dim = 384 should be 128"),
        ({"head": LAYERS, "embedding_dim": 128, "head_dropout": 0.1}, "see head.dropout"),
        ({"head": {"layers": [512, 128], "dropout": [0.5]}}, "train.head: dropout has 1 rates"),
        ({"head": {"layers": [1]}}, "train.head.layers.0 = 1"),
        ({"head": {"layer": [8]}}, "did you mean train.head.layers?"),
        ({"layer_decay": 0.7}, "layer_decay needs a backbone whose layers timm knows"),
    ],
)
def test_layers_that_do_not_fit_are_one_line(values: dict[str, object], problem: str) -> None:
    with pytest.raises(LookalikeError) as raised:
        train(**values)
    assert problem in str(raised.value)
