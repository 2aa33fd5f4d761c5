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
    device = accelerator()
    network = model.fused.to(device)
    # while they are bytes, the channels are moved at a quarter of the cost
    pixels = images.to(device, non_blocking=True).to(memory_format=torch.channels_last)
    with autocast(model.description.precision, device):
        embeddings, logits = network(pixels)
    return Output(embeddings.float().cpu(), None if logits is None else logits.float().cpu())
