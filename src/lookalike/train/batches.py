"""The batches that a model is trained and validated with, as one process sees them."""

from collections.abc import Iterable
from typing import NamedTuple

from lookalike.images.batches import SequentialBatches, SharedBatches
from lookalike.images.dataset import ImageDataset
from lookalike.images.decoded_cache import decode_once
from lookalike.images.loading import Batch, load_batches
from lookalike.model.description import ModelDescription
from lookalike.model.transforms import evaluation_transform, whole_image
from lookalike.train.data import TrainingData
from lookalike.train.micro_batches import check_micro_batches, smallest_micro_batch
from lookalike.train.params import TrainParams
from lookalike.train.recipe.augmentation import augmentation
from lookalike.train.recipe.image_sizes import while_learning
from lookalike.train.recipe.sampling import make_sampler
from lookalike.train.resources import Resources


class Batches(NamedTuple):
    """What is learned from and what is validated with.

    Attributes:
        train: batches of augmented images, in micro-batches; iterated over once an epoch.
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
    data: TrainingData,
    description: ModelDescription,
    seed: int,
    resources: Resources,
) -> Batches:
    """This process's share of the batches of a training.

    Args:
        params: batch size, augmentation, cache.
        data: the images to train and validate with.
        description: of the model, which says what it sees in search.
        seed: the experiment's seed.
        resources: the processes, and those that decode for each.

    Raises:
        LookalikeError: a batch cannot be shared equally, or these images cannot be cached, or
            augmented as asked for.
    """
    rank, processes = resources.fabric.global_rank, resources.fabric.world_size
    sampled = make_sampler(data.train.targets, params, params.batch_size, seed)
    limit = None
    if sampled.batch_size < params.batch_size:
        limit = f"there are {len(data.train.rows)} training images"
        if params.sampling == "pk":
            limit += " (sampling: pk takes as many of each class)"
    smallest = smallest_micro_batch(params)
    check_micro_batches(
        sampled.batch_size, params.gradient_accumulation, processes, smallest, limit
    )
    size, rgb = description.image_size, description.bands is None
    mean = [value * 255 for value in description.mean] if rgb else description.mean
    augmented = augmentation(while_learning(params), params, mean, rgb)
    decode = None
    if params.cache == "decoded":
        rows = [*data.train.rows, *data.valid.rows]
        folder = resources.cache / "decoded"
        resized = whole_image(size), str(size)
        decode = decode_once(data.images, rows, *resized, folder, resources.workers).image
    train_set = ImageDataset(data.images, *data.train, augmented, seed, decode)
    plain = evaluation_transform(size)
    valid_set = ImageDataset(data.images, *data.valid.share(rank, processes), plain, decode=decode)
    order = SharedBatches(sampled, params.gradient_accumulation, processes, rank)
    in_turn = SequentialBatches(len(valid_set), params.batch_size)
    return Batches(
        load_batches(train_set, order, resources.workers),
        order,
        load_batches(valid_set, in_turn, resources.workers),
        train_set,
    )
