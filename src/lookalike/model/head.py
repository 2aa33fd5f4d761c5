"""The embedding head: from a backbone's features to the embedding."""

from torch import nn

from lookalike.model.head_layers import Head, HeadLayers


def build_head(kind: Head, features: int, dimension: int) -> nn.Module:
    """Build a head from features `[n, features]` to embeddings `[n, dimension]`.

    `linear` is one layer. `mlp` has a hidden one before it, as wide as the features, with batch
    norm and ReLU: the projection head of Chen et al., "A Simple Framework for Contrastive Learning
    of Visual Representations", 2020. `HeadLayers` are any number of such layers, each with dropout
    before it.
    """
    if isinstance(kind, HeadLayers):
        return _build_layers(kind, features)
    last = nn.Linear(features, dimension)
    if kind == "linear":
        return last
    hidden = nn.Linear(features, features, bias=False)
    return nn.Sequential(hidden, nn.BatchNorm1d(features), nn.ReLU(inplace=True), last)


def _build_layers(head: HeadLayers, features: int) -> nn.Module:
    modules: list[nn.Module] = []
    widths = [features, *head.layers]
    for number, rate in enumerate(head.rates[:-1]):
        is_last = number == len(head.layers) - 1
        width, wider = widths[number + 1], widths[number]
        modules += [nn.Dropout(rate), nn.Linear(wider, width, bias=is_last)]
        if not is_last:
            modules += [nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
    return nn.Sequential(*modules)
