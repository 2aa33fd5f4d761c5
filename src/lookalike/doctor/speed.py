"""How fast this machine trains and decodes: measured, in seconds rather than minutes."""

import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np
import torch

from lookalike.core.layout import Layout
from lookalike.images.pixels import decode_pixels
from lookalike.images.store import ImageStore
from lookalike.model.compute import accelerator, autocast
from lookalike.model.network import EmbeddingNetwork
from lookalike.train.params import TrainParams
from lookalike.train.recipe.augmentation import augmentation
from lookalike.train.recipe.image_sizes import while_learning

CLASSES = 100
IMAGES_DECODED = 64


def training_speed(
    params: TrainParams, precision: str, threads: int, batch: int, seconds: float
) -> float:
    """Images a second in steps of forward, backward and update; the images are ready already.

    Args:
        params: which network, at which image size.
        precision: `fp32` or `bf16`.
        threads: compute threads.
        batch: images in a step.
        seconds: how long to measure, at least one step after the first.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        device = accelerator()
        second = params.second_backbone
        network = EmbeddingNetwork(
            params.backbone,
            params.embedding_dim,
            CLASSES,
            second_backbone=None if second is None else second.name,
        ).to(device)
        optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
        size = while_learning(params).crop
        images = torch.randint(256, (batch, 3, size, size), dtype=torch.uint8, device=device)
        targets = torch.randint(CLASSES, (batch,), device=device)

        def step() -> None:
            with autocast(precision, device):
                logits = network(images).logits
            torch.nn.functional.cross_entropy(logits.float(), targets).backward()
            optimizer.step()
            optimizer.zero_grad()
            if device.type == "cuda":
                torch.cuda.synchronize()

        return batch * per_second(step, seconds)
    finally:
        torch.set_num_threads(before)


def decoding_speed(layout: Layout, params: TrainParams, seconds: float) -> float | None:
    """Images a second that one process decodes and augments; None before any are ingested."""
    if not layout.images.is_dir():
        return None
    images = ImageStore(layout.images)
    bands, data = images.bands, images.encoded_slice(0, IMAGES_DECODED)
    mean = [0.0] * _channels(decode_pixels(data[0], bands))
    transform = augmentation(while_learning(params), params, mean, rgb=bands is None)
    turn = cycle(data)
    return per_second(lambda: transform(decode_pixels(next(turn), bands)), seconds)


def _channels(pixels: Any) -> int:
    return len(pixels) if isinstance(pixels, np.ndarray) else 3


def per_second(work: Callable[[], object], seconds: float) -> float:
    """How often a second some work is done, after a first time that does not count."""
    work()
    done, start = 0, time.perf_counter()
    while done == 0 or time.perf_counter() - start < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - start)
