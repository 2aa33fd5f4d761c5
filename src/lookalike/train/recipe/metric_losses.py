"""Losses over embeddings, by name: near is alike."""

from torch import nn

from lookalike.train.recipe.loss_params import MetricLoss

MARGIN = 0.2


def metric_loss(name: MetricLoss, classes: int, dimension: int) -> nn.Module:
    """A loss of embeddings `[n, dimension]` and class numbers, int64 `[n]`, on the unit sphere.

    `arcface` (Deng et al., 2019) and `proxy_anchor` (Kim et al., 2020) learn a point for each
    class; `supcon` (Khosla et al., 2020) and `triplet` (Schroff et al., "FaceNet", 2015; all
    triplets that violate the margin, as Hermans et al., 2017) compare the images of a batch. All
    are those of pytorch-metric-learning (Musgrave et al., 2020).
    """
    from pytorch_metric_learning import losses

    match name:
        case "arcface":
            loss: nn.Module = losses.ArcFaceLoss(classes, dimension)
        case "proxy_anchor":
            loss = losses.ProxyAnchorLoss(classes, dimension)
        case "supcon":
            loss = losses.SupConLoss()
        case "triplet":
            loss = losses.TripletMarginLoss(margin=MARGIN)
    return loss
