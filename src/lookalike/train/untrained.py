"""A model without training: the backbone as it is."""

from lookalike.images.store import ImageStore
from lookalike.model.training_images import ImageIds
from lookalike.train.network import describe, starting_network
from lookalike.train.params import TrainParams
from lookalike.train.recipe.band_statistics import with_bands
from lookalike.train.resources import Resources
from lookalike.train.training_run import TrainedModel


def untrained_model(
    params: TrainParams, images: ImageStore, resources: Resources, held_out: ImageIds = frozenset()
) -> TrainedModel:
    """The backbone's own pooled features as embedding, and no classes.

    Args:
        params: which backbone, with which weights.
        images: the image store.
        resources: processes that decode.
        held_out: shortened ids of the images that are to measure it.

    Raises:
        LookalikeError: the weights do not fit, or have learned from images that are held out.
    """
    plain = describe(params, resources.precision, classes=[])
    description = with_bands(plain, images, None, resources.workers)
    network, learned_from = starting_network(description, params, held_out, resources.cache)
    metrics = {"epochs": 0, "classes": 0}
    return TrainedModel(description, network.state_dict(), learned_from, metrics)
