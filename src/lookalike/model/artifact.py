"""The model artifact: a folder with the weights and everything needed to use them."""

import json
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_folder, to_json
from lookalike.images.bands import Bands
from lookalike.model.artifact_fingerprint import DESCRIPTION, WEIGHTS, fingerprint
from lookalike.model.fuse_batch_norm import fold
from lookalike.model.head import HeadKind
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.transforms import ImageSize

# What ImageNet models expect of RGB images; for a network trained from scratch as good as any.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ModelDescription(BaseModel):
    """The content of `model.json`.

    `mean` and `std` are those of each channel: of 8-bit RGB scaled to 0 to 1, or where `bands` are
    chosen, in the units of the images.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    backbone: str
    embedding_dim: int | None
    head: HeadKind = "linear"
    classes: list[str]
    bands: Bands | None = None
    channels: int = Field(default=3, ge=1)
    image_size: ImageSize
    mean: list[float] = list(IMAGENET_MEAN)
    std: list[float] = list(IMAGENET_STD)
    temperature: float = Field(default=1.0, gt=0)
    precision: Literal["fp32", "bf16"]


class Model:
    """A network with its description, ready to use, in evaluation mode.

    Attributes:
        fingerprint: the sha256 of its artifact; empty for a network that is not saved.
    """

    def __init__(
        self, description: ModelDescription, network: EmbeddingNetwork, fingerprint: str = ""
    ) -> None:
        self.description = description
        self.network = network.eval()
        self.fingerprint = fingerprint

    @cached_property
    def fused(self) -> EmbeddingNetwork:
        """A copy of the network that says the same, faster; see `fold`."""
        return fold(self.network, self.description.precision)

    @property
    def dimension(self) -> int:
        """The size of an embedding."""
        return self.network.dimension

    def probabilities(self, logits: Tensor) -> Tensor:
        """Class probabilities `[n, classes]` from logits, at the model's temperature."""
        return (logits.float() / self.description.temperature).softmax(dim=1)


def build_network(description: ModelDescription) -> EmbeddingNetwork:
    """The network that a description is of, with random weights."""
    network = EmbeddingNetwork(
        description.backbone,
        description.embedding_dim,
        len(description.classes),
        description.channels,
        description.head,
    )
    network.mean.copy_(network.mean.new_tensor(description.mean).view_as(network.mean))
    network.std.copy_(network.std.new_tensor(description.std).view_as(network.std))
    return network


def save_model(folder: Path, description: ModelDescription, weights: dict[str, Tensor]) -> None:
    """Write the artifact, whole or not at all."""
    with atomic_folder(folder, WEIGHTS, DESCRIPTION) as partial:
        save_file({k: v.contiguous() for k, v in weights.items()}, partial / WEIGHTS)
        (partial / WEIGHTS).chmod(0o644)  # safetensors writes for the owner alone
        content = description.model_dump(exclude={"bands"} if description.bands is None else None)
        (partial / DESCRIPTION).write_text(to_json(content), encoding="utf-8")


def load_model(folder: Path) -> Model:
    """Open an artifact.

    Raises:
        LookalikeError: it is missing, broken, or its two files do not belong together.
    """
    try:
        content = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        description = ModelDescription.model_validate(content)
        network = build_network(description)
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = error.filename or folder / WEIGHTS  # safetensors does not say which
        raise LookalikeError(f"{missing}: missing; train first, or dvc pull") from None
    except (ValueError, ValidationError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(f"{folder}: is not a whole model artifact ({reason})") from None
    return Model(description, network, fingerprint(folder))
