"""The batches that a model is trained and validated with, as one process sees them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lightning_fabric import Fabric

from lookalike.core.params import BaseParams
from lookalike.images.batches import SequentialBatches, SharedBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.decoded_cache import decode_once
from lookalike.images.loading import Batch, load_batches
from lookalike.images.store import ImageStore
from lookalike.model.artifact import ModelDescription
from lookalike.model.transforms import evaluation_transform, whole_image
from lookalike.train.data import TrainingData
from lookalike.train.params import TrainParams
from lookalike.train.recipe.augmentation import augmentation
from lookalike.train.recipe.image_sizes import while_learning
from lookalike.train.recipe.sampling import make_sampler
from lookalike.train.shares import check_share


class Batches(NamedTuple):
    """What is learned from and what is validated with.

    Attributes:
        train: batches of augmented images, in pieces; iterated over once an epoch.
        order: what chooses them; it is told the epoch, and where in it to begin.
        valid: batches of validation images.
        images: the augmented training images, one by one.
    """

    train: Iterable[Batch]
    order: SharedBatches
    valid: Iterable[Batch]
    images: ImageDataset


def make_batches(
    params: TrainParams,
    base: BaseParams,
    description: ModelDescription,
    images: ImageStore,
    data: TrainingData,
    fabric: Fabric,
    workers: int,
    cache: Path | None = None,
) -> Batches:
    """This process's share of the batches of a training.

    Args:
        params: batch size, augmentation, cache.
        base: the seed.
        description: of the model, which says what it sees in search.
        images: the image store.
        data: the images to train and validate with.
        fabric: the processes.
        workers: processes that decode; 0 for this one.
        cache: the folder for decoded images; None: they are decoded every time.

    Raises:
        LookalikeError: a batch cannot be shared equally, or these images cannot be cached, or
            augmented as asked for.
    """
    rank, processes = fabric.global_rank, fabric.world_size
    sampled = make_sampler(data.train.targets, params, base.seed)
    check_share(sampled.batch_size, params.gradient_accumulation, processes)
    size, rgb = description.image_size, description.bands is None
    mean = [value * 255 for value in description.mean] if rgb else description.mean
    augmented = augmentation(while_learning(params), params, mean, rgb)
    plain = evaluation_transform(size)
    decode = None
    if params.cache == "decoded" and cache is not None:
        rows = [*data.train.rows, *data.valid.rows]
        folder = cache / "decoded"
        decode = decode_once(images, rows, whole_image(size), str(size), folder, workers).image
    train_set = ImageDataset(images, *data.train, augmented, base.seed, decode)
    valid_set = ImageDataset(images, *data.valid.share(rank, processes), plain, decode=decode)
    order = SharedBatches(sampled, params.gradient_accumulation, processes, rank)
    in_turn = SequentialBatches(len(valid_set), params.batch_size)
    return Batches(
        load_batches(train_set, order, workers),
        order,
        load_batches(valid_set, in_turn, workers),
        train_set,
    )
