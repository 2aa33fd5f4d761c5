"""The forward pass of one batch."""

import torch
from torch import Tensor

from lookalike.inference.engine_model import EngineModel
from lookalike.model.artifact import Model
from lookalike.model.compute import accelerator, autocast
from lookalike.model.network import Output


@torch.inference_mode()
def forward(model: Model, images: Tensor) -> Output:
    """Run one batch of images `[n, channels, height, width]`; float32 on the CPU."""
    if isinstance(model, EngineModel):
        return model.run(images)
    embeddings, logits = forward_there(model, images.to(accelerator(), non_blocking=True))
    return Output(embeddings.cpu(), None if logits is None else logits.cpu())


@torch.inference_mode()
def forward_there(model: Model, images: Tensor) -> Output:
    """Run one batch of images by the network itself, on their device; float32 there."""
    network = model.fused.to(images.device)
    # while they are bytes, the channels are moved at a quarter of the cost
    pixels = images.to(memory_format=torch.channels_last)
    with autocast(model.description.precision, images.device):
        embeddings, logits = network(pixels)
    return Output(embeddings.float(), None if logits is None else logits.float())
