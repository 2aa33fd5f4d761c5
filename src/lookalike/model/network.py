"""The network: a backbone, an embedding head, a classifier on top."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lookalike.core.choices import Pooling
from lookalike.model.backbones import build_backbone
from lookalike.model.head import build_head
from lookalike.model.head_layers import Head, HeadLayers
from lookalike.model.inflate import RGB
from lookalike.model.open_clip_models import build_text_tower, open_clip_name
from lookalike.model.side_by_side import SideBySide


class Output(NamedTuple):
    """What the network says of a batch: embeddings `[n, d]`, logits `[n, classes]` or None."""

    embeddings: Tensor
    logits: Tensor | None


class EmbeddingNetwork(nn.Module):
    """From images `[n, channels, height, width]` to embeddings and class scores.

    uint8 images are scaled to 0 to 1 and then normalized; float images are normalized in their own
    units. Without classes there is no head: the backbone's pooled features are the embedding.

    Seven parameters: what `model.json` says of a network.

    Args:
        backbone: its name, see `build_backbone`.
        embedding_dim: the size of the embedding; None for the backbone's own features.
        classes: how many classes the classifier tells apart; 0 for no classifier.
        channels: how many channels the images have.
        head: see `build_head`.
        pooling: see `set_pooling`.
        second_backbone: the name of one that stands beside the first; see `SideBySide`.

    Attributes:
        text: from tokens to embeddings in the space of the images'; None where the backbone has no
            text tower, or a head or a second backbone has left its space.
        dropout: what share of the features the head does not see in training: none, unless
            training sets it.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: str,
        embedding_dim: int | None,
        classes: int,
        channels: int = RGB,
        head: Head = "linear",
        pooling: Pooling = "auto",
        second_backbone: str | None = None,
    ) -> None:
        super().__init__()
        self.backbone, features = build_backbone(backbone, channels, pooling)
        if second_backbone is not None:
            second, more = build_backbone(second_backbone, channels, pooling)
            self.backbone, features = SideBySide(self.backbone, second, channels), features + more
        self.dropout = nn.Dropout(0.0)
        self.embedding: nn.Module = nn.Identity()
        if embedding_dim is not None:
            self.embedding = build_head(head, features, embedding_dim)
        self.dimension = embedding_dim or features
        clip = open_clip_name(backbone)
        has_left = embedding_dim is not None or second_backbone is not None
        self.text = None if clip is None or has_left else build_text_tower(clip)
        last = head.rates[-1] if isinstance(head, HeadLayers) else 0.0
        self.classifier_dropout = nn.Dropout(last)
        self.classifier = nn.Linear(self.dimension, classes) if classes else None
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1), persistent=False)
        self.register_buffer("std", torch.ones(1, channels, 1, 1), persistent=False)

    @property
    def backbones(self) -> list[nn.Module]:
        """The backbone, or the two that stand side by side."""
        if isinstance(self.backbone, SideBySide):
            return [self.backbone.first, self.backbone.second]
        return [self.backbone]

    def features(self, images: Tensor) -> Tensor:
        """What the backbone makes of images: `[n, features]`."""
        values = images.float() / 255 if images.dtype == torch.uint8 else images
        normal = (values - self.mean) / self.std
        features: Tensor = self.backbone(normal.to(memory_format=torch.channels_last))
        return features

    def forward(self, images: Tensor) -> Output:
        """Embeddings and class scores of images, or of `features` of them that were kept."""
        features = images if images.dim() == 2 else self.features(images)
        embeddings = self.embedding(self.dropout(features))
        logits = None
        if self.classifier is not None:
            logits = self.classifier(self.classifier_dropout(embeddings))
        return Output(embeddings, logits)


def normalize(embeddings: Tensor) -> Tensor:
    """Scale each row of `[n, d]` to length 1, so that a dot product is a cosine."""
    return functional.normalize(embeddings, dim=1)
