"""What computing in fewer bits costs: the retrieval of the test images, beside that in fp32."""

import torch

from lookalike.core.errors import LookalikeError
from lookalike.images.split_file import SplitImage
from lookalike.model.network import Output, normalize
from lookalike.retrieval.evaluation import evaluate_rankings

COMPARED = ("recall_at_1", "map_at_r")


def check_quality(
    test: list[SplitImage], output: Output, in_fp32: Output, most: float
) -> dict[str, float]:
    """Compare embeddings with those that the same network computes in fp32.

    Args:
        test: the test images, each a query against the others.
        output: what the network says of them.
        in_fp32: what it says in fp32.
        most: `evaluate.max_quality_drop`.

    Returns:
        The retrieval metrics in fp32; none where no image has another one of its label.

    Raises:
        LookalikeError: a metric is worse by more than that.
    """
    found, before = _retrieval(test, output), _retrieval(test, in_fp32)
    worse = [
        f"{name} is {found[name]:.4f}, and in fp32 {value:.4f}"
        for name, value in before.items()
        if value - found[name] > most
    ]
    if worse:
        raise LookalikeError(
            f"{'; '.join(worse)}: a larger drop than evaluate.max_quality_drop = {most}; choose "
            "another base.inference"
        )
    return before


def _retrieval(test: list[SplitImage], output: Output) -> dict[str, float]:
    numbers = {label: number for number, label in enumerate(sorted({i.label for i in test}))}
    targets = torch.tensor([numbers[image.label] for image in test], dtype=torch.int64)
    unit = normalize(output.embeddings)
    itself = torch.arange(len(test))
    scores = evaluate_rankings(unit, targets, unit, targets, itself, (1,)).summary()
    return {name: scores[name] for name in COMPARED if name in scores}
