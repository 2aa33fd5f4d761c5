"""The embedding head: from a backbone's features to the embedding."""

from torch import nn

from lookalike.model.description import HeadKind


def build_head(kind: HeadKind, features: int, dimension: int) -> nn.Module:
    """Build a head from features `[n, features]` to embeddings `[n, dimension]`.

    `linear` is one layer. `mlp` has a hidden one before it, as wide as the features, with batch
    norm and ReLU: the projection head of Chen et al., "A Simple Framework for Contrastive Learning
    of Visual Representations", 2020.
    """
    last = nn.Linear(features, dimension)
    if kind == "linear":
        return last
    hidden = nn.Linear(features, features, bias=False)
    return nn.Sequential(hidden, nn.BatchNorm1d(features), nn.ReLU(inplace=True), last)
