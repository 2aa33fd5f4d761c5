"""Mean and standard deviation of each band, as training images have them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lookalike.images.batches import SequentialBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.loading import load_batches
from lookalike.images.pixels import Pixels
from lookalike.images.store import ImageStore
from lookalike.model.description import ModelDescription, SecondBackbone
from lookalike.terminal.progress import track
from lookalike.train.recipe.picture_stretch import stretch_of

BATCH = 16


def with_bands(
    description: ModelDescription, images: ImageStore, rows: Sequence[int] | None, workers: int
) -> ModelDescription:
    """Say how multispectral images of a store are read, normalized and shown; RGB stays as it is.

    Args:
        description: of a model for RGB images.
        images: the image store.
        rows: the images to learn means, deviations and the stretch from; None: all.
        workers: processes that decode; 0 for this one.
    """
    if images.bands is None:
        return description
    rows = range(len(images)) if rows is None else rows
    mean, std = mean_and_std(images, rows, workers)
    second = description.second_backbone
    return description.model_copy(
        update={
            "second_backbone": second and SecondBackbone(name=second.name),
            "bands": images.bands,
            "stretch": stretch_of(images, rows),
            "channels": len(mean),
            "mean": mean,
            "std": std,
        }
    )


def mean_and_std(
    images: ImageStore, rows: Sequence[int], workers: int
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each band over every pixel of some images, in float64.

    A band that has the same value everywhere gets a deviation of 1, so that it becomes 0. Means and
    squared deviations of the images are joined one by one: Chan, Golub and LeVeque, "Updating
    Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    """
    dataset = ImageDataset(images, rows, [-1] * len(rows), _moments)
    batches = SequentialBatches(len(rows), BATCH)
    count, mean, squares = 0.0, np.zeros(1), np.zeros(1)
    for moments, _ in track(
        load_batches(dataset, batches, workers), "measuring bands", len(batches)
    ):
        for pixels, image_mean, image_squares in moments.numpy():
            total = count + pixels[0]
            delta = image_mean - mean
            mean = mean + delta * (pixels[0] / total)
            squares = squares + image_squares + delta**2 * (count * pixels[0] / total)
            count = total
    std = np.sqrt(squares / count)
    flat = std <= np.finfo(np.float32).eps * np.abs(mean)  # less than float32 can tell apart
    return mean.tolist(), np.where(flat, 1.0, std).tolist()


def _moments(pixels: Pixels) -> Tensor:
    """Number of pixels, mean and sum of squared deviations of each band: float64 `[3, channels]`.

    By NumPy, which adds up in one order whatever the number of threads.
    """
    values = np.asarray(pixels, dtype=np.float64)
    values = values.reshape(len(values), -1)
    mean = values.mean(axis=1)
    squares = ((values - mean[:, None]) ** 2).sum(axis=1)
    return torch.from_numpy(np.stack([np.full(len(values), values.shape[1]), mean, squares]))
