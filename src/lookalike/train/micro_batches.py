"""Can every process get as many images of a batch, and enough of them, as the others?"""

from torch.nn.modules.batchnorm import _BatchNorm

from lookalike.core.errors import LookalikeError
from lookalike.model.image_size import build_shapes
from lookalike.train.params import TrainParams

FOR_BATCH_NORM = 2  # images: one alone has no variance


def smallest_micro_batch(params: TrainParams) -> int:
    """The fewest images that the network can learn from at once: batch norm needs two."""
    learns_backbone_norm = not params.freeze_batchnorm and any(
        isinstance(module, _BatchNorm)
        for backbone in params.backbones
        for module in build_shapes(backbone.name).modules()
    )
    return FOR_BATCH_NORM if params.head != "linear" or learns_backbone_norm else 1


def check_micro_batches(
    batch_size: int, accumulation: int, processes: int, smallest: int, limit: str | None = None
) -> None:
    """Raise LookalikeError unless a batch can be cut into equal, large enough micro-batches.

    Args:
        batch_size: images of a batch.
        accumulation: how many micro-batches it is computed in.
        processes: how many share each of them.
        smallest: see `smallest_micro_batch`.
        limit: what keeps a batch below `train.batch_size`, if anything does.
    """
    parts = accumulation * processes
    if batch_size % parts == 0 and batch_size // parts >= smallest:
        return
    cut = (
        f"cut into {accumulation} equal micro-batches (train.gradient_accumulation) for "
        f"{processes} processes"
    )
    if limit is not None:
        fitting = batch_size // parts * parts
        remedy = "set train.gradient_accumulation: 1"
        if fitting >= max(2, smallest * parts):
            remedy = f"set train.batch_size: {fitting}"
        elif accumulation == 1:
            remedy = "take fewer machine.devices"
        raise LookalikeError(
            f"train.batch_size: {limit}, so a batch has {batch_size} images, which cannot be {cut}"
            f"{_each(smallest)}; {remedy}"
        )
    if batch_size % parts:
        raise LookalikeError(
            f"train.batch_size: a batch of {batch_size} images cannot be {cut}; take a multiple of "
            f"{parts}"
        )
    raise LookalikeError(
        f"train.gradient_accumulation: a batch of {batch_size} images is {cut}, of one image each, "
        f"but batch norm needs {smallest}; set train.batch_size: {smallest * parts} or more, or "
        "train.gradient_accumulation to less"
    )


def _each(smallest: int) -> str:
    return "" if smallest == 1 else f" of {smallest} images or more, as batch norm needs"
