"""The model artifact: a folder with the weights and everything needed to use them."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from lookalike.images.bands import Bands
from lookalike.model.artifact import Model, build_network, load_model, save_model
from lookalike.model.artifact_fingerprint import DESCRIPTION, WEIGHTS, fingerprint
from lookalike.model.description import IMAGENET_MEAN, IMAGENET_STD, ModelDescription
from lookalike.model.preprocessing import ImageSize
from lookalike.model.training_images import (
    TRAINING_IMAGES,
    read_training_images,
    shortened,
)

OneLineError = Callable[..., AbstractContextManager[None]]

IMAGES = torch.randint(0, 256, (4, 3, 32, 32), generator=torch.Generator().manual_seed(0)).byte()
PLAIN = ModelDescription(
    backbone="mobilenet_v3_small",
    embedding_dim=8,
    classes=["apple", "Birne", "日本"],
    image_size=ImageSize(resize=36, crop=32),
    temperature=1.5,
    precision="fp32",
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    """A model and the artifact that it was saved into."""
    model = Model(PLAIN, build_network(PLAIN))
    folder = tmp_path_factory.mktemp("artifact") / "model"
    save_model(folder, PLAIN, model.network.state_dict())
    return model, folder


@pytest.fixture
def artifact(saved: tuple[Model, Path], tmp_path: Path) -> Path:
    """A copy of the artifact."""
    return Path(shutil.copytree(saved[1], tmp_path / "copy"))


def edit(artifact: Path, **values: object) -> None:
    path = artifact / DESCRIPTION
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values))


@torch.inference_mode()
def test_a_model_that_was_saved_and_opened_gives_identical_outputs(
    saved: tuple[Model, Path],
) -> None:
    model, folder = saved
    opened = load_model(folder)
    assert opened.description == model.description
    for before, after in zip(model.network(IMAGES), opened.network(IMAGES), strict=True):
        assert torch.equal(before, after)


def test_an_opened_model_is_in_evaluation_mode(artifact: Path) -> None:
    assert not any(module.training for module in load_model(artifact).network.modules())


def test_the_same_model_is_the_same_bytes(saved: tuple[Model, Path], tmp_path: Path) -> None:
    model, folder = saved
    save_model(tmp_path / "again", PLAIN, model.network.state_dict())
    for name in (WEIGHTS, DESCRIPTION):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_the_weights_are_readable_for_everybody_who_may_read_the_description(
    artifact: Path,
) -> None:
    assert (artifact / WEIGHTS).stat().st_mode == (artifact / DESCRIPTION).stat().st_mode


def test_the_description_says_how_pixels_are_normalized(artifact: Path) -> None:
    edit(artifact, mean=[0.1, 0.2, 0.3])
    assert load_model(artifact).network.mean.flatten().tolist() == pytest.approx([0.1, 0.2, 0.3])


def test_rgb_images_are_normalized_as_imagenet_models_expect_it() -> None:
    network = build_network(PLAIN)
    assert network.mean.flatten().tolist() == pytest.approx(IMAGENET_MEAN)
    assert network.std.flatten().tolist() == pytest.approx(IMAGENET_STD)


def test_a_model_of_rgb_images_does_not_speak_of_bands(artifact: Path) -> None:
    assert "bands" not in json.loads((artifact / DESCRIPTION).read_text())


@torch.inference_mode()
def test_a_model_of_bands_says_which_and_is_opened_as_it_was_saved(tmp_path: Path) -> None:
    banded = PLAIN.model_copy(
        update={
            "backbone": "cnn:4",
            "bands": Bands(chosen="all", rgb=(4, 3, 2)),
            "channels": 5,
            "mean": [100.0, 200.0, 300.0, 400.0, 500.0],
            "std": [10.0] * 5,
        }
    )
    model = Model(banded, build_network(banded))
    save_model(tmp_path / "model", banded, model.network.state_dict())
    opened = load_model(tmp_path / "model")
    assert opened.description == banded
    tiles = torch.rand(2, 5, 32, 32) * 1000
    for before, after in zip(model.network(tiles), opened.network(tiles), strict=True):
        assert torch.equal(before, after)


def test_saving_replaces_an_artifact(saved: tuple[Model, Path], artifact: Path) -> None:
    (artifact / DESCRIPTION).write_text("old")
    save_model(artifact, PLAIN, saved[0].network.state_dict())
    assert sorted(path.name for path in artifact.iterdir()) == [
        DESCRIPTION,
        TRAINING_IMAGES,
        WEIGHTS,
    ]
    assert load_model(artifact).description == PLAIN


def test_saving_replaces_nothing_but_an_artifact(
    saved: tuple[Model, Path], artifact: Path, one_line_error: OneLineError
) -> None:
    (artifact / "photo.jpg").touch()
    with one_line_error("is not replaced: it holds photo.jpg"):
        save_model(artifact, PLAIN, saved[0].network.state_dict())
    assert (artifact / "photo.jpg").is_file()


# --- fingerprint -----------------------------------------------------------------------------


def test_copies_of_a_model_have_one_fingerprint(saved: tuple[Model, Path], artifact: Path) -> None:
    assert fingerprint(artifact) == fingerprint(saved[1])


def test_another_description_is_another_model(artifact: Path) -> None:
    before = fingerprint(artifact)
    edit(artifact, temperature=1.6)
    assert fingerprint(artifact) != before


def test_other_weights_are_another_model(artifact: Path) -> None:
    before = fingerprint(artifact)
    weights = load_file(artifact / WEIGHTS)
    weights["classifier.bias"] += 1
    save_file(weights, artifact / WEIGHTS)
    assert fingerprint(artifact) != before


# --- what is not an artifact -----------------------------------------------------------------


@pytest.mark.parametrize("read", [load_model, fingerprint])
@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
def test_a_missing_file_is_one_line_that_names_it(
    name: str, read: Callable[[Path], object], artifact: Path, one_line_error: OneLineError
) -> None:
    (artifact / name).unlink()
    with one_line_error(f"{artifact / name}: missing", "train first, or dvc pull"):
        read(artifact)


@pytest.mark.parametrize("read", [load_model, fingerprint])
def test_a_file_in_place_of_the_folder_is_one_line(
    read: Callable[[Path], object], artifact: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(str(artifact / WEIGHTS), "missing"):
        read(artifact / WEIGHTS)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
@pytest.mark.parametrize("keep", [0, 5, 100])
def test_a_truncated_file_is_one_line(
    name: str, keep: int, artifact: Path, one_line_error: OneLineError
) -> None:
    (artifact / name).write_bytes((artifact / name).read_bytes()[:keep])
    with one_line_error(f"{artifact}: is not a whole model artifact"):
        load_model(artifact)


@pytest.mark.parametrize("name", [WEIGHTS, DESCRIPTION])
def test_a_garbled_file_is_one_line(
    name: str, artifact: Path, one_line_error: OneLineError
) -> None:
    (artifact / name).write_bytes(b"\xff\x00garbage\n" * 20)
    with one_line_error(f"{artifact}: is not a whole model artifact"):
        load_model(artifact)


@pytest.mark.parametrize(
    "values",
    [
        {"backbone": "resnet18"},
        {"embedding_dim": 9},
        {"classes": ["apple"]},
        {"mean": [0.5, 0.5]},
        {"channels": 4},
        {"bands": {"chosen": [0]}},
        {"temperature": 0},
        {"format": 2},
        {"color": "red"},
    ],
)
def test_a_description_of_another_model_is_one_line(
    values: dict[str, object], artifact: Path, one_line_error: OneLineError
) -> None:
    edit(artifact, **values)
    with one_line_error(f"{artifact}: is not a whole model artifact"):
        load_model(artifact)


# --- probabilities ---------------------------------------------------------------------------


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3))
def test_probabilities_are_those_of_the_logits_at_the_models_temperature(
    logits: list[float],
) -> None:
    model = Model(PLAIN, torch.nn.Identity())  # type: ignore[arg-type]
    found = model.probabilities(torch.tensor([logits]))
    expected = torch.tensor([logits]).div(1.5).exp()
    assert torch.allclose(found, expected / expected.sum(), atol=1e-6)


@pytest.mark.parametrize("std", [[0.2, 0.0, 0.2], [0.2, -1.0, 0.2], [0.2, 0.2]])
def test_a_deviation_that_nothing_can_be_divided_by_is_one_line(
    std: list[float], artifact: Path, one_line_error: OneLineError
) -> None:
    content = json.loads((artifact / DESCRIPTION).read_text())
    (artifact / DESCRIPTION).write_text(json.dumps({**content, "std": std}))
    with one_line_error("is not a whole model artifact", "std"):
        load_model(artifact)


def test_weights_that_are_not_finite_are_one_line(
    artifact: Path, saved: tuple[Model, Path], tmp_path: Path, one_line_error: OneLineError
) -> None:
    weights = load_file(artifact / WEIGHTS)
    name = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    weights[name].view(-1)[0] = torch.nan
    save_file(weights, artifact / WEIGHTS)
    with one_line_error(str(artifact / WEIGHTS), "not finite", name):
        load_model(artifact)
    with one_line_error("the model: ", "not finite"):
        save_model(tmp_path / "new", PLAIN, weights)
    assert not (tmp_path / "new").exists()


def test_the_images_that_a_model_has_learned_from_are_written_beside_it(tmp_path: Path) -> None:
    images = shortened(["b" * 64, "a" * 64])
    save_model(tmp_path / "model", PLAIN, build_network(PLAIN).state_dict(), images)
    assert read_training_images(tmp_path / "model") == images
    written = (tmp_path / "model" / TRAINING_IMAGES).read_text().split()
    assert written == ["a" * 16, "b" * 16]
