"""The network: a backbone, a linear embedding head, a classifier on top."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.model.backbones import build_backbone

# What ImageNet models expect; for a network trained from scratch as good as any.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Output(NamedTuple):
    """What the network says of a batch: embeddings `[n, d]`, logits `[n, classes]` or None."""

    embeddings: Tensor
    logits: Tensor | None


class EmbeddingNetwork(nn.Module):
    """From uint8 images `[n, 3, height, width]` to embeddings and class scores.

    Without classes there is no head: the backbone's pooled features are the embedding.

    Args:
        backbone: a torchvision classification model by name.
        embedding_dim: the size of the embedding; None for the backbone's own features.
        classes: how many classes the classifier tells apart; 0 for no classifier.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: str, embedding_dim: int | None, classes: int) -> None:
        super().__init__()
        self.backbone, features = build_backbone(backbone)
        self.embedding: nn.Module = nn.Identity()
        if embedding_dim is not None:
            self.embedding = nn.Linear(features, embedding_dim)
        self.dimension = embedding_dim or features
        self.classifier = nn.Linear(self.dimension, classes) if classes else None
        self.register_buffer("mean", _per_channel(IMAGENET_MEAN), persistent=False)
        self.register_buffer("std", _per_channel(IMAGENET_STD), persistent=False)

    def forward(self, images: Tensor) -> Output:
        scaled = (images.float() / 255 - self.mean) / self.std
        features = self.backbone(scaled.to(memory_format=torch.channels_last))
        embeddings = self.embedding(features)
        logits = self.classifier(embeddings) if self.classifier is not None else None
        return Output(embeddings, logits)


def normalise(embeddings: Tensor) -> Tensor:
    """Scale each row of `[n, d]` to length 1, so that a dot product is a cosine."""
    return functional.normalize(embeddings, dim=1)


def _per_channel(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).view(1, -1, 1, 1)
