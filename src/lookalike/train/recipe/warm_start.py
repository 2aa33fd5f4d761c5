"""What the network starts from: pretrained weights of its backbone, or an earlier model."""

from pathlib import Path

from torch import Tensor

from lookalike.core.errors import LookalikeError
from lookalike.model.artifact import Model, load_model
from lookalike.model.artifact_fingerprint import DESCRIPTION, fingerprint
from lookalike.model.network import EmbeddingNetwork
from lookalike.model.weights import check_hash, load_backbone, load_fitting, read_weights
from lookalike.terminal.progress import say
from lookalike.train.recipe.network_params import NetworkParams


def warm_start(
    network: EmbeddingNetwork, classes: list[str], params: NetworkParams, cache: Path
) -> None:
    """Load what `train.weights` names into a network, in place.

    Args:
        network: with random weights.
        classes: the names of its classes, in order; none without a classifier.
        params: where the weights are, their hash, and whether all have to fit.
        cache: the folder for downloads.

    Raises:
        LookalikeError: see `read_weights` and `load_fitting`; or it is a model of other classes.
    """
    source = params.weights
    if source == "none":
        return
    if "://" not in source and Path(source, DESCRIPTION).is_file():
        check_hash(source, fingerprint(Path(source)), params.weights_sha256)
        earlier = load_model(Path(source))
        weights = earlier.network.state_dict()
        if classes and earlier.description.classes not in ([], classes):
            _demand_classes(source, earlier.description.classes, classes, params.weights_strict)
            weights |= _classifier_rows(earlier, network, classes)
        load_fitting(network, weights, source, "the network", params.weights_strict)
    else:
        weights = read_weights(source, params.backbone, params.weights_sha256, cache)
        load_backbone(network.backbone, weights, source, params.weights_strict)


def _demand_classes(source: str, earlier: list[str], now: list[str], strict: bool) -> None:
    problem = f"train.weights: {source} is a model of other classes: " + "; ".join(
        f"{what} {', '.join(names)}"
        for what, names in (
            ("it does not know", [name for name in now if name not in earlier]),
            ("the images have none of", [name for name in earlier if name not in now]),
        )
        if names
    )
    if strict:
        raise LookalikeError(f"{problem}; with weights_strict: false what both know is kept")
    say(f"{problem}; what both know is kept")


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
