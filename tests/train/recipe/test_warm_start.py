"""What the network starts from."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lookalike.model.artifact import build_network, save_model, write_weights
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.model.description import ModelDescription, SecondBackbone
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.preprocessing import ImageSize
from lookalike.model.training_images import shortened
from lookalike.train.recipe.backbone_params import BackboneParams
from lookalike.train.recipe.network_params import NetworkParams
from lookalike.train.recipe.warm_start import warm_start

OneLineError = Callable[..., AbstractContextManager[None]]

NO_CACHE = Path("no cache")
PETS = ["ant", "cat", "dog"]


def network_of(classes: list[str], seed: int, **values: Any) -> EmbeddingNetwork:
    torch.manual_seed(seed)
    return build_network(describe(classes, **values))


def describe(classes: list[str], **values: Any) -> ModelDescription:
    return ModelDescription(
        **{"backbone": "cnn:2", "embedding_dim": 6, **values},
        classes=classes,
        image_size=ImageSize(resize=32, crop=32),
        precision="fp32",
    )


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A model that knows three animals."""
    weights = network_of(PETS, seed=1).state_dict()
    save_model(tmp_path / "earlier", describe(PETS), weights)
    return tmp_path / "earlier"


def start(folder: Path, classes: list[str], strict: bool = True, **values: Any) -> EmbeddingNetwork:
    network = network_of(classes, seed=2, **values)
    pinned = fingerprint(folder)
    params = NetworkParams(
        backbone="cnn:2", weights=str(folder), weights_sha256=pinned, weights_strict=strict
    )
    warm_start(network, classes, params, frozenset(), NO_CACHE)
    return network


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_a_model_goes_on_whole(earlier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert same(start(earlier, PETS), network_of(PETS, seed=1))
    assert capsys.readouterr() == ("", "")


def test_a_model_of_other_classes_is_refused_with_their_names(
    earlier: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(
        "earlier is a model of other classes: it does not know bee, emu; the images have none of "
        "ant, dog; with weights_strict: false what both know is kept"
    ):
        start(earlier, ["bee", "cat", "emu"])


def test_classes_that_are_only_more_are_refused_too(
    earlier: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("other classes: it does not know emu; with weights_strict"):
        start(earlier, [*PETS, "emu"])


def test_what_both_know_is_kept_where_that_is_asked_for(
    earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = ["bee", "cat", "dog", "emu"]
    old, fresh = network_of(PETS, seed=1), network_of(classes, seed=2)
    started = start(earlier, classes, strict=False)
    assert same(started.backbone, old.backbone)
    assert same(started.embedding, old.embedding)
    assert torch.equal(started.classifier.weight[1:3], old.classifier.weight[1:3])
    assert torch.equal(started.classifier.bias[1:3], old.classifier.bias[1:3])
    assert torch.equal(started.classifier.weight[[0, 3]], fresh.classifier.weight[[0, 3]])
    assert "what both know is kept" in capsys.readouterr().err


def test_another_head_is_refused_and_starts_at_random_where_that_is_asked_for(
    earlier: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("does not fit the network", "embedding.*", "weights_strict: false"):
        start(earlier, PETS, embedding_dim=5)
    started = start(earlier, PETS, strict=False, embedding_dim=5)
    assert same(started.backbone, network_of(PETS, seed=1).backbone)


def test_without_classes_only_the_backbone_is_taken(earlier: Path) -> None:
    started = start(earlier, [], embedding_dim=None)
    assert same(started.backbone, network_of(PETS, seed=1).backbone)


def test_a_model_with_another_hash_is_refused(earlier: Path, one_line_error: OneLineError) -> None:
    params = NetworkParams(backbone="cnn:2", weights=str(earlier), weights_sha256="0" * 64)
    with one_line_error("earlier has the sha256", "train.weights_sha256 is 0000"):
        warm_start(network_of(PETS, seed=2), PETS, params, frozenset(), NO_CACHE)


def test_a_broken_model_is_one_line(earlier: Path, one_line_error: OneLineError) -> None:
    (earlier / "weights.safetensors").write_bytes(b"nothing")
    with one_line_error("earlier: is not a whole model artifact"):
        start(earlier, PETS)


def test_a_model_that_has_seen_what_is_held_out_is_refused(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    seen = shortened([f"{number:064d}"[::-1] for number in range(1, 10)])
    folder = tmp_path / "earlier"
    save_model(folder, describe(PETS), network_of(PETS, seed=1).state_dict(), seen)
    params = NetworkParams(backbone="cnn:2", weights=str(folder))
    assert warm_start(network_of(PETS, seed=2), PETS, params, frozenset(), NO_CACHE) == seen
    held_out = frozenset([*sorted(seen)[:2], "0" * 16])
    with one_line_error("trained on 2 of the 3 validation and test images", "method: hashed"):
        warm_start(network_of(PETS, seed=2), PETS, params, held_out, NO_CACHE)


def test_each_of_two_backbones_has_weights_of_its_own(tmp_path: Path) -> None:
    second = SecondBackbone(name="cnn:4")
    network = network_of(PETS, seed=2, second_backbone=second)
    trained = network_of(PETS, seed=1, second_backbone=second)
    names = [str(tmp_path / f"{number}.safetensors") for number in range(2)]
    for name, backbone in zip(names, trained.backbones, strict=True):
        write_weights(Path(name), backbone.state_dict())
    params = NetworkParams(
        backbone="cnn:2",
        weights=names[0],
        second_backbone=BackboneParams(name="cnn:4", weights=names[1]),
    )
    warm_start(network, PETS, params, frozenset(), NO_CACHE)
    assert same(network.backbone, trained.backbone)
    assert not same(network, trained)


def test_a_model_of_two_backbones_goes_on_whole(tmp_path: Path) -> None:
    second = SecondBackbone(name="cnn:4")
    trained = network_of(PETS, seed=1, second_backbone=second)
    folder = tmp_path / "earlier"
    save_model(folder, describe(PETS, second_backbone=second), trained.state_dict())
    network = network_of(PETS, seed=2, second_backbone=second)
    params = NetworkParams(
        backbone="cnn:2", weights=str(folder), second_backbone=BackboneParams(name="cnn:4")
    )
    warm_start(network, PETS, params, frozenset(), NO_CACHE)
    assert same(network, trained)
