"""What the stage refuses before it reads an image, and `lookalike check` in the same words."""

from lookalike.core.errors import LookalikeError
from lookalike.core.layout import Layout
from lookalike.core.params import MachineParams
from lookalike.images.bands import Bands
from lookalike.images.loading import check_shared_memory
from lookalike.model.artifact_fingerprint import DESCRIPTION
from lookalike.model.backbones import check_backbone
from lookalike.model.image_size import build_shapes
from lookalike.model.inflate import RGB
from lookalike.model.weights import check_weights
from lookalike.train.micro_batches import check_micro_batches, smallest_micro_batch
from lookalike.train.params import TrainParams
from lookalike.train.recipe.augmentation_params import check_augmentation
from lookalike.train.recipe.image_sizes import check_image_sizes
from lookalike.train.replaced import check_not_replaced

FLOAT_BYTES = 4


def check_training(
    params: TrainParams, machine: MachineParams, bands: Bands | None, project: Layout
) -> None:
    """Raise LookalikeError unless parameters, machine and kind of images go together.

    Args:
        params: of the training.
        machine: what computes.
        bands: of the images; None: they are 8-bit RGB.
        project: whose relative paths they name.
    """
    for backbone in params.backbones:
        check_backbone(backbone.name)
        if params.pooling != "auto":
            build_shapes(backbone.name, params.pooling)
    check_image_sizes(params)
    for backbone in params.backbones:
        check_not_replaced("train.weights", backbone.weights, project)
        check_weights(backbone.weights, backbone.name, project.root)
    _check_second(params, project)
    if params.epochs == 0:
        return
    check_augmentation(params, rgb=bands is None)
    if params.resume_from is not None:
        check_not_replaced("train.resume_from", params.resume_from, project)
        if not (project.root / params.resume_from).is_file():
            raise LookalikeError(f"train.resume_from: {params.resume_from}: there is no such file")
    processes = machine.devices * machine.hosts
    smallest = smallest_micro_batch(params)
    check_micro_batches(params.batch_size, params.gradient_accumulation, processes, smallest)
    check_shared_memory(machine.workers * machine.devices, _batch_bytes(params, bands))


def _check_second(params: TrainParams, project: Layout) -> None:
    second = params.second_backbone
    if second is not None and (project.root / second.weights / DESCRIPTION).is_file():
        raise LookalikeError(
            f"train.second_backbone.weights: {second.weights}: is a whole model; name it as "
            "train.weights, for both backbones"
        )


def _batch_bytes(params: TrainParams, bands: Bands | None) -> int:
    """Of a batch of validation images, or of training images where those are larger."""
    side = max(params.image_size, params.train_image_size or 0)
    if bands is None:
        return params.batch_size * side**2 * RGB
    channels = 1 if bands.chosen == "all" else len(bands.chosen)  # or more: files say how many
    return params.batch_size * side**2 * channels * FLOAT_BYTES
