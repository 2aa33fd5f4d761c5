"""What the network starts from: pretrained weights of its backbone, or an earlier model."""

from pathlib import Path

from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.model.artifact import Model, load_model
from lookalike.model.artifact_fingerprint import DESCRIPTION, fingerprint
from lookalike.model.downloads import check_hash
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.open_clip_models import open_clip_name, towers_of
from lookalike.model.training_images import ImageIds, check_held_out, read_training_images
from lookalike.model.weights import load_backbone, load_fitting, read_weights
from lookalike.terminal.progress import say
from lookalike.train.recipe.network_params import NetworkParams


def warm_start(
    network: EmbeddingNetwork,
    classes: list[str],
    params: NetworkParams,
    held_out: ImageIds,
    cache: Path,
) -> ImageIds:
    """Load what `train.weights` names into a network, in place, and those of a second backbone.

    The folder of an earlier model holds the weights of both.

    Args:
        network: with random weights.
        classes: the names of its classes, in order; none without a classifier.
        params: where the weights are, their hash, and whether all have to fit.
        held_out: shortened ids of the images that are to measure the network.
        cache: the folder for downloads.

    Returns:
        The shortened ids of the images that an earlier model has learned from.

    Raises:
        LookalikeError: see `read_weights` and `load_fitting`; or it is a model of other classes, or
            has learned from images that are held out.
    """
    source = params.weights
    if source != "none" and "://" not in source and Path(source, DESCRIPTION).is_file():
        check_hash(source, fingerprint(Path(source)), params.weights_sha256)
        earlier = load_model(Path(source))
        learned_from = _learned_from(source, held_out)
        weights = earlier.network.state_dict()
        if classes and earlier.description.classes not in ([], classes):
            _check_classes(source, earlier.description.classes, classes, params.weights_strict)
            weights |= _classifier_rows(earlier, network, classes)
        load_fitting(network, weights, source, "the network", params.weights_strict)
        return learned_from
    for backbone, of in zip(network.backbones, params.backbones, strict=True):
        if of.weights == "none":
            continue
        pinned = of.weights_sha256, cache, of.weights_revision
        weights = read_weights(of.weights, of.name, *pinned)
        if open_clip_name(of.name) is not None:
            weights, text = towers_of(weights)
            if network.text is not None:
                load_fitting(network.text, text, source, "the tower of text", params.weights_strict)
        load_backbone(backbone, weights, of.weights, params.weights_strict)
    return frozenset()


def _learned_from(source: str, held_out: ImageIds) -> ImageIds:
    images = read_training_images(Path(source))
    if images is None:
        say(
            f"train.weights: {source} does not say which images it was trained on; metrics are too "
            "good where validation or test images are among them"
        )
        return frozenset()
    check_held_out("train.weights", source, images, held_out)
    return images


def _check_classes(source: str, earlier: list[str], now: list[str], strict: bool) -> None:
    problem = f"train.weights: {source} is a model of {other_classes(earlier, now)}"
    if strict:
        raise LookalikeError(f"{problem}; with weights_strict: false what both know is kept")
    say(f"{problem}; what both know is kept")


def other_classes(earlier: list[str], now: list[str]) -> str:
    """How the classes of an earlier model differ from those of the images, in words."""
    return "other classes: " + "; ".join(
        f"{what} {', '.join(names)}"
        for what, names in (
            ("it does not know", [name for name in now if name not in earlier]),
            ("the images have none of", [name for name in earlier if name not in now]),
        )
        if names
    )


def _classifier_rows(
    earlier: Model, network: EmbeddingNetwork, classes: list[str]
) -> dict[str, Tensor]:
    """The classifier's weights: the rows of classes that the earlier model knows, else random."""
    assert earlier.network.classifier is not None
    assert network.classifier is not None
    known = {name: row for row, name in enumerate(earlier.description.classes)}
    rows = [(row, known[name]) for row, name in enumerate(classes) if name in known]
    old, new = earlier.network.classifier.state_dict(), network.classifier.state_dict()
    if old["weight"].shape[1] == new["weight"].shape[1]:
        for name, tensor in new.items():
            tensor[[row for row, _ in rows]] = old[name][[row for _, row in rows]]
    return {f"classifier.{name}": tensor for name, tensor in new.items()}
