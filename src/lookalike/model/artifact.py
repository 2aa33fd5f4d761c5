"""The model artifact: a folder with the weights and everything needed to use them."""

from functools import cached_property
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lookalike.core.choices import Precision
from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.files import atomic_folder
from lookalike.core.json_file import parse_json, to_json
from lookalike.model.artifact_fingerprint import DESCRIPTION, WEIGHTS, fingerprint
from lookalike.model.description import ModelDescription
from lookalike.model.finite import check_finite
from lookalike.model.fuse_batch_norm import fuse_batch_norm
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.shapes_alone import shapes_alone
from lookalike.model.side_by_side import SideBySide
from lookalike.model.training_images import TRAINING_IMAGES, ImageIds, write_training_images


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
        """A copy of the network that says the same, faster; see `fuse_batch_norm`."""
        side = self.description.image_size.crop
        return fuse_batch_norm(self.network, self.description.precision, side)

    @property
    def dimension(self) -> int:
        """The size of an embedding."""
        return self.network.dimension

    def in_precision(self, precision: Precision) -> "Model":
        """The same network, computing in fp32 or bf16."""
        description = self.description.model_copy(update={"precision": precision})
        return Model(description, self.network, self.fingerprint)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Class probabilities `[n, classes]` from logits, at the model's temperature."""
        return (logits.float() / self.description.temperature).softmax(dim=1)


def build_network(description: ModelDescription) -> EmbeddingNetwork:
    """The network that a description is of, with random weights."""
    second = description.second_backbone
    network = EmbeddingNetwork(
        description.backbone,
        description.embedding_dim,
        len(description.classes),
        description.channels,
        description.head,
        description.pooling,
        None if second is None else second.name,
    )
    network.mean.copy_(network.mean.new_tensor(description.mean).view_as(network.mean))
    network.std.copy_(network.std.new_tensor(description.std).view_as(network.std))
    if second is not None and isinstance(network.backbone, SideBySide):
        given = description.mean, description.std
        wanted = second.mean or description.mean, second.std or description.std
        network.backbone.normalize_second(given, wanted)
    return network


def save_model(
    folder: Path,
    description: ModelDescription,
    weights: dict[str, Tensor],
    learned_from: ImageIds = frozenset(),
) -> None:
    """Write the artifact, whole or not at all.

    Args:
        folder: to be written.
        description: of the model.
        weights: of its network.
        learned_from: shortened ids of the images that it has seen in training.

    Raises:
        LookalikeError: a weight is not finite.
    """
    with atomic_folder(folder, WEIGHTS, DESCRIPTION, TRAINING_IMAGES) as partial:
        write_weights(partial / WEIGHTS, weights)
        write_training_images(partial / TRAINING_IMAGES, learned_from)
        content = to_json(description.content())
        (partial / DESCRIPTION).write_text(content, encoding="utf-8")


def write_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write weights as safetensors; the same weights give the same bytes.

    Raises:
        LookalikeError: a weight is not finite.
    """
    check_finite("the model", weights)
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def load_model(folder: Path) -> Model:
    """Open an artifact.

    Raises:
        LookalikeError: it is missing, broken, holds numbers that are not finite, or its files do
            not belong together.
    """
    try:
        content = parse_json((folder / DESCRIPTION).read_text(encoding="utf-8"))
        description = ModelDescription.model_validate(content)
        weights = load_file(folder / WEIGHTS)
        _check_shapes(description, weights)
        network = build_network(description)
        network.load_state_dict(weights)
    except (FileNotFoundError, NotADirectoryError) as error:
        missing = error.filename or folder / WEIGHTS  # safetensors does not say which
        raise LookalikeError(f"{missing}: missing; train first, or dvc pull") from None
    except (ValueError, ValidationError, SafetensorError, RuntimeError) as error:
        reason = one_line(error)
        raise LookalikeError(f"{folder}: is not a whole model artifact ({reason})") from None
    check_finite(str(folder / WEIGHTS), weights)
    return Model(description, network, fingerprint(folder))


def _check_shapes(description: ModelDescription, weights: dict[str, Tensor]) -> None:
    """Raise RuntimeError unless the weights are those of the network that is described.

    Before that takes memory: a description can be of a network of any size.
    """
    with shapes_alone():
        build_network(description).load_state_dict(weights, assign=True)
