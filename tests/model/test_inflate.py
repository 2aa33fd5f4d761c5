"""A first convolution for any number of channels."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv2d

from lookalike.model.backbones import build_classifier
from lookalike.model.inflate import first_convolution, inflate, inflate_filters

FILTERS = torch.randn(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
GRAY = torch.rand(2, 1, 9, 9, generator=torch.Generator().manual_seed(1))


@given(st.sampled_from([1, *range(3, 40, 3)]))
def test_a_gray_image_gets_the_answer_that_it_gets_as_rgb(channels: int) -> None:
    answer = conv2d(GRAY.expand(-1, channels, -1, -1), inflate_filters(FILTERS, channels))
    assert torch.allclose(answer, conv2d(GRAY.expand(-1, 3, -1, -1), FILTERS), atol=1e-4)


@given(st.integers(2, 40))
def test_channels_get_the_filters_of_red_green_and_blue_in_turns(channels: int) -> None:
    inflated = inflate_filters(FILTERS, channels)
    for channel in range(channels):
        assert torch.allclose(inflated[:, channel], FILTERS[:, channel % 3] * 3 / channels)


def test_filters_for_rgb_stay_as_they_are() -> None:
    assert torch.equal(inflate_filters(FILTERS, 3), FILTERS)


@pytest.mark.parametrize(
    "name",
    [
        "convnext_tiny",
        "densenet121",
        "efficientnet_b0",
        "googlenet",
        "mnasnet0_5",
        "mobilenet_v3_small",
        "regnet_y_400mf",
        "resnet18",
        "shufflenet_v2_x0_5",
        "squeezenet1_1",
        "swin_t",
        "vit_b_32",
    ],
)
def test_the_first_convolution_of_a_backbone_sees_the_image(name: str) -> None:
    model = build_classifier(name)
    layer = model.get_submodule(first_convolution(model))
    assert isinstance(layer, nn.Conv2d)
    assert (layer.in_channels, layer.groups) == (3, 1)


def test_an_inflated_model_differs_in_its_first_layer_alone() -> None:
    torch.manual_seed(0)
    model = build_classifier("resnet18")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    inflate(model, 5)
    after = model.state_dict()
    assert {n for n in before if not torch.equal(before[n], after[n])} == {"conv1.weight"}
    assert torch.equal(after["conv1.weight"], inflate_filters(before["conv1.weight"], 5))
    assert model.eval()(torch.zeros(1, 5, 32, 32)).shape == (1, 1000)
