"""Any classification model of torchvision becomes a backbone, and so does a small one."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import torch

from lookalike.model.backbones import (
    backbone_names,
    build_backbone,
    build_classifier,
    check_backbone,
    remove_classifier,
)
from lookalike.model.vision import models

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("name", "features"),
    [
        ("convnext_tiny", 768),
        ("densenet121", 1024),
        ("efficientnet_b0", 1280),
        ("mobilenet_v2", 1280),
        ("mobilenet_v3_small", 1024),
        ("resnet18", 512),
        ("resnet50", 2048),
        ("squeezenet1_1", 512),
        ("vgg16", 4096),
    ],
)
def test_a_backbone_gives_as_many_features_an_image_as_it_says(name: str, features: int) -> None:
    backbone, said = build_backbone(name)
    with torch.inference_mode():
        given = backbone.eval()(torch.zeros(2, 3, 32, 32))
    assert said == features
    assert given.shape == (2, features)


def test_a_vision_transformer_is_a_backbone_at_its_own_image_size() -> None:
    backbone, said = build_backbone("vit_b_32")
    with torch.inference_mode():
        assert backbone.eval()(torch.zeros(1, 3, 224, 224)).shape == (1, said)


def test_a_backbone_is_its_classifier_without_the_last_layer() -> None:
    whole = set(build_classifier("resnet18").state_dict())
    backbone, _ = build_backbone("resnet18")
    assert whole - set(backbone.state_dict()) == {"fc.weight", "fc.bias"}


def test_vgg_keeps_its_wide_layers() -> None:
    with torch.device("meta"):
        model = build_classifier("vgg16")
        remove_classifier(model)
    assert model.get_parameter("classifier.3.weight").shape == (4096, 4096)
    assert "classifier.6.weight" not in model.state_dict()


def test_inception_networks_have_no_auxiliary_classifiers() -> None:
    with torch.device("meta"):
        names = build_classifier("googlenet").state_dict()
    assert not [name for name in names if name.startswith("aux")]


def test_the_seed_decides_the_random_weights() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return build_backbone("mobilenet_v3_small")[0].get_parameter("features.0.0.weight")

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_the_names_are_those_of_classification_models_alone() -> None:
    names = backbone_names()
    assert names == sorted(names)
    assert {"cnn", "resnet18", "mobilenet_v2", "vit_b_32"} < set(names)
    assert not {"fasterrcnn_resnet50_fpn", "deeplabv3_resnet50", "r3d_18"} & set(names)


def test_every_backbone_of_torchvision_has_imagenet_weights() -> None:
    names = set(backbone_names()) - {"cnn"}
    urls = [models.get_model_weights(name).DEFAULT.url for name in names]
    assert all(url.startswith("https://download.pytorch.org/") for url in urls)


@pytest.mark.parametrize(("name", "features"), [("cnn", 512), ("cnn:8", 64)])
def test_the_small_network_is_a_backbone(name: str, features: int) -> None:
    check_backbone(name)
    backbone, said = build_backbone(name)
    assert said == features
    assert backbone.eval()(torch.zeros(2, 3, 32, 32)).shape == (2, features)


@pytest.mark.parametrize("name", ["cnn:8", "mobilenet_v3_small", "vit_b_32"])
@pytest.mark.parametrize("channels", [1, 2, 13])
def test_a_backbone_takes_images_of_any_number_of_channels(name: str, channels: int) -> None:
    backbone, features = build_backbone(name, channels)
    with torch.inference_mode():
        assert backbone.eval()(torch.zeros(1, channels, 224, 224)).shape == (1, features)


def test_an_unknown_backbone_is_one_line_that_suggests_another(
    one_line_error: OneLineError,
) -> None:
    with one_line_error("train.backbone = 'resnet81'", "there are resnet18"):
        check_backbone("resnet81")


def test_a_name_like_no_other_is_answered_with_well_known_ones(
    one_line_error: OneLineError,
) -> None:
    with one_line_error(
        "'zzz'", "resnet18, mobilenet_v2, efficientnet_b0 and torchvision's", "cnn:32"
    ):
        build_backbone("zzz")
