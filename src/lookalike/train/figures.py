"""A picture of what the network learns from."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from torch import Tensor
from torch.utils.data import default_collate

from lookalike.core.files import atomic_folder
from lookalike.figures.grid import Panel, draw_grid
from lookalike.images.batches import SharedBatches
from lookalike.images.rendering import picture_of
from lookalike.model.description import ModelDescription
from lookalike.train.batches import Batches
from lookalike.train.recipe.mixing import Mixing

AUGMENTED = "augmented.png"
PICTURES = ("*.png", "*.svg")  # with the curves of the training, in the end
TITLE = "The first images of epoch 1 as the network sees them, and the classes it is told"
ROWS, COLUMNS = 4, 8
LEAST_SHARE = 0.005  # of a class in a mixed image; less would be 0%


def draw_figures(
    folder: Path, batches: Batches, mixing: Mixing, description: ModelDescription
) -> None:
    """Write `augmented.png`: the first training images, as augmented and mixed as in their steps.

    Args:
        folder: to be written, whole or not at all.
        batches: of the training, whose epoch is set to 1.
        mixing: makes one image of two.
        description: of the model, with its classes and how its images are shown.
    """
    seen = islice(first_images(batches, mixing), ROWS * COLUMNS)
    panels = [
        Panel(
            picture_of(image.numpy(), description.bands, description.stretch),
            caption(target, description.classes),
            None,
        )
        for image, target in seen
    ]
    rows = [panels[start : start + COLUMNS] for start in range(0, len(panels), COLUMNS)]
    with atomic_folder(folder, *PICTURES) as partial:
        draw_grid(rows, TITLE, partial / AUGMENTED)


def first_images(batches: Batches, mixing: Mixing) -> Iterator[tuple[Tensor, Tensor]]:
    """The images of epoch 1 and their targets, as the network and the loss are given them.

    Step by step, and in a step the micro-batches one after the other, each with the shares of all
    processes.
    """
    order = batches.order
    shares = SharedBatches(order.batches, order.accumulation * order.processes)
    shares.set_epoch(1)
    for number, items in enumerate(shares):
        images, targets = default_collate([batches.images[item] for item in items])
        yield from zip(*mixing(images, targets, 1, number), strict=True)


def caption(target: Tensor, classes: list[str]) -> str:
    """The class, or where there are several the share of each, the largest first."""
    if not target.ndim:
        return classes[int(target)]
    shares = sorted(zip(target.tolist(), classes, strict=True), reverse=True)
    shown = [(share, name) for share, name in shares if share >= LEAST_SHARE]
    if len(shown) == 1:
        return shown[0][1]
    return "\n".join(f"{share:.0%} {name}" for share, name in shown)
