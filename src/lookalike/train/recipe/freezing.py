"""What does not learn: the whole backbone for some epochs, its batch norm for all."""

from torch.nn.modules.batchnorm import _BatchNorm

from lookalike.model.network import EmbeddingNetwork


class Freezing:
    """Puts a network into training mode, but for what stays as it is in an epoch.

    `freeze_epochs`: the heads learn first, so that their first large steps do not spoil what the
    backbone knows (Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
    Out-of-Distribution", 2022). `freeze_batchnorm`: the backbone's batch norm keeps its pretrained
    statistics, scale and shift, for batches too small or too different to learn them from.

    It has no state: what an epoch freezes is a function of its number.

    Args:
        network: to be trained.
        epochs: how many the heads learn alone for.
        batchnorm: whether the backbone's batch norm stays as it is.
    """

    def __init__(self, network: EmbeddingNetwork, epochs: int, batchnorm: bool) -> None:
        self.network = network
        self.epochs = epochs
        self.batchnorm = [
            module
            for module in network.backbone.modules()
            if batchnorm and isinstance(module, _BatchNorm)
        ]

    def train(self, epoch: int) -> None:
        """Call this before an epoch (from 1) in place of `network.train()`."""
        self.network.train()
        frozen = epoch <= self.epochs
        self.network.backbone.train(not frozen)
        self.network.backbone.requires_grad_(not frozen)
        for module in self.batchnorm:
            module.eval().requires_grad_(False)
