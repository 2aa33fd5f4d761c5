"""Which images a model has learned from, its start included: a file beside its weights.

Whoever trains on from a model has to keep these images out of validation and test: a network knows
again what it has seen. A line an image, sorted: the first digits of its id, which is a sha256.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from lookalike.core.errors import LookalikeError

TRAINING_IMAGES = "training_images.txt"
DIGITS = 16  # 64 bits: two of a billion images share them at odds of one to forty

ImageIds = frozenset[str]


def shortened(ids: Iterable[str]) -> ImageIds:
    """Image ids as they are written here."""
    return frozenset(image_id[:DIGITS] for image_id in ids)


def write_training_images(path: Path, images: ImageIds) -> None:
    """Write shortened ids, in an order of their own."""
    path.write_text("".join(f"{image}\n" for image in sorted(images)), encoding="ascii")


def read_training_images(folder: Path) -> ImageIds | None:
    """The shortened ids in the folder of a model; None: the model is older than this file.

    Raises:
        LookalikeError: the file is damaged.
    """
    path = folder / TRAINING_IMAGES
    try:
        images = path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LookalikeError(f"{path}: cannot be read ({error})") from None
    if any(len(image) != DIGITS for image in images):
        raise LookalikeError(f"{path}: is not a list of image ids; take the model anew")
    return frozenset(images)


def check_held_out(
    parameter: str, source: str, learned_from: ImageIds, held_out: Collection[str]
) -> None:
    """Raise LookalikeError where weights have learned from images that are to measure them.

    Args:
        parameter: that names the weights.
        source: their place.
        learned_from: shortened ids.
        held_out: shortened ids of validation and test images.
    """
    if known := learned_from.intersection(held_out):
        raise LookalikeError(
            f"{parameter}: {source} was trained on {len(known)} of the {len(held_out)} validation "
            "and test images, so metrics would measure its memory; split as for that training "
            "(split.method: hashed, with split.previous, keeps images in their subset when data "
            "grows), or start from other weights"
        )
