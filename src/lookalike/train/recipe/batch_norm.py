"""Batch norm over the images of all processes, so that their number does not change a model."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class SharedBatchNorm(_BatchNorm):
    """Normalizes by mean and variance over a batch that several equal processes share.

    As `nn.SyncBatchNorm`, which needs GPUs. Each process has as many images as the others; the
    variances are joined after Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm
    for Computing Sample Variances", 1979.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"batch norm needs [n, channels, ...], not {tuple(input.shape)}")

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            plain: Tensor = super().forward(input)
            return plain
        axes = [0, *range(2, input.dim())]
        values = input.float()
        variance, mean = torch.var_mean(values, dim=axes, correction=0)
        means, variances = _mean_of_all(torch.stack([mean, variance]))
        variances = variances + _mean_of_all((mean - means) ** 2)
        self._note(means.detach(), variances.detach(), values.numel() // len(mean))
        shape = [1, -1, *[1] * (input.dim() - 2)]
        normal = (values - means.view(shape)) * (variances + self.eps).rsqrt().view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        result: Tensor = normal.to(input.dtype)
        return result

    def _note(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch, `count` values a process."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        momentum = self.momentum or 1 / float(self.num_batches_tracked)
        count *= dist.get_world_size()
        self.running_mean.lerp_(mean, momentum)
        self.running_var.lerp_(variance * (count / max(count - 1, 1)), momentum)


def share_batch_norm(network: nn.Module, device: str) -> None:
    """Replace every batch norm of a network by one over all processes, with the same weights.

    Args:
        network: has other layers than batch norm on top.
        device: `cuda`: torch's own, which needs GPUs; any other one: `SharedBatchNorm`.
    """
    if device == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)
    else:
        _share(network)


def _share(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, _BatchNorm):
            shared = SharedBatchNorm(
                child.num_features,
                child.eps,
                child.momentum,
                child.affine,
                child.track_running_stats,
            )
            shared._parameters, shared._buffers = child._parameters, child._buffers
            setattr(module, name, shared.train(child.training))
        else:
            _share(child)


def _mean_of_all(values: Tensor) -> Tensor:
    mean: Tensor = _SumOfAll.apply(values) / dist.get_world_size()  # type: ignore[no-untyped-call]
    return mean


class _SumOfAll(torch.autograd.Function):
    """The sum over all processes; what each of them adds to it has the gradients of all."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total
