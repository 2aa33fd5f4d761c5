"""Networks without values."""

from collections.abc import Callable
from subprocess import Popen

import pytest

from lookalike.model.network import EmbeddingNetwork
from lookalike.model.shapes_alone import shapes_alone


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2", "vit_b_32", "cnn:8"])
def test_shapes_are_those_of_the_network_itself(backbone: str) -> None:
    with shapes_alone():
        without = EmbeddingNetwork(backbone, 16, 5).state_dict()
    network = EmbeddingNetwork(backbone, 16, 5).state_dict()
    assert {name: tensor.shape for name, tensor in without.items()} == {
        name: tensor.shape for name, tensor in network.items()
    }
    assert all(tensor.is_meta for tensor in without.values())


def test_they_are_known_without_dynamo(start: Callable[[str], Popen[str]]) -> None:
    code = """
import sys
from lookalike.model.image_size import check_image_size
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.shapes_alone import shapes_alone
for backbone in ("resnet18", "vit_b_32"):
    with shapes_alone():
        EmbeddingNetwork(backbone, 16, 5)
    check_image_size("train.image_size", 224, backbone)
print("torch._dynamo" in sys.modules)
"""
    out, err = start(code).communicate()
    assert out == "False\n", err
