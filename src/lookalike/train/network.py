"""The network before its first step, and what it has learned from until then."""

from pathlib import Path
from typing import Literal

from lookalike.model.artifact import build_network
from lookalike.model.description import ModelDescription, SecondBackbone
from lookalike.model.expected_input import expected_input
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.open_clip_models import context_length, open_clip_name
from lookalike.model.training_images import ImageIds
from lookalike.train.recipe.image_sizes import in_search
from lookalike.train.recipe.network_params import NetworkParams
from lookalike.train.recipe.warm_start import warm_start


def describe(
    params: NetworkParams, precision: Literal["fp32", "bf16"], classes: list[str]
) -> ModelDescription:
    """What `model.json` says of a model with these classes; none without training."""
    expected = expected_input(params.backbone)
    second = params.second_backbone
    clip = None if classes or second is not None else open_clip_name(params.backbone)
    return ModelDescription(
        backbone=params.backbone,
        second_backbone=None if second is None else _described(second.name),
        embedding_dim=params.embedding_dim if classes else None,
        pooling=params.pooling,
        head=params.head if classes else "linear",
        context_length=None if clip is None else context_length(clip),
        classes=classes,
        image_size=in_search(params),
        precision=precision,
        mean=list(expected.mean),
        std=list(expected.std),
    )


def _described(name: str) -> SecondBackbone:
    expected = expected_input(name)
    return SecondBackbone(name=name, mean=list(expected.mean), std=list(expected.std))


def starting_network(
    description: ModelDescription, params: NetworkParams, held_out: ImageIds, cache: Path
) -> tuple[EmbeddingNetwork, ImageIds]:
    """A network with random weights, or with those that `train.weights` names.

    Args:
        description: of the model.
        params: where its weights are.
        held_out: shortened ids of the images that are to measure it.
        cache: the folder for downloads.

    Returns:
        The network, and the shortened ids of the images that an earlier model has learned from.

    Raises:
        LookalikeError: the weights do not fit, or have learned from images that are held out.
    """
    network = build_network(description)
    return network, warm_start(network, description.classes, params, held_out, cache)
