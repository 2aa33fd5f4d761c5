"""How long the model takes for an image, on the machine that the stage runs on."""

import time

import torch

from lookalike.images.dataset import ImageDataset
from lookalike.images.store import ImageStore
from lookalike.inference.forward import forward
from lookalike.model.artifact import Model
from lookalike.model.transforms import evaluation_transform

REPEATS = 2


def inference_time(
    model: Model, images: ImageStore, rows: list[int], batch_size: int
) -> dict[str, float]:
    """Decode a batch of images and embed it, in this process alone; milliseconds an image.

    Measured anew, because the stage itself may remember every embedding. The network runs once to
    warm up, and the fastest of some runs counts.

    Args:
        model: what embeds.
        images: the image store.
        rows: the images, at least one; the first ones are taken.
        batch_size: images a forward pass.
    """
    rows = rows[:batch_size]
    transform = evaluation_transform(model.description.image_size)
    dataset = ImageDataset(images, rows, [-1] * len(rows), transform)
    start = time.perf_counter()
    batch = torch.stack([dataset[0, position][0] for position in range(len(rows))])
    decoding = time.perf_counter() - start
    forward(model, batch)
    embedding = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        forward(model, batch)
        embedding.append(time.perf_counter() - start)
    return {
        "batch_size": len(rows),
        "decoding_ms_per_image": round(1000 * decoding / len(rows), 3),
        "inference_ms_per_image": round(1000 * min(embedding) / len(rows), 3),
    }
