"""What a run learns from and is measured by: part of its checkpoints, for the runs after it."""

import hashlib

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import to_json
from lookalike.model.description import ModelDescription
from lookalike.model.training_images import ImageIds, check_held_out, shortened
from lookalike.train.data import TrainingData, image_ids
from lookalike.train.params import TrainParams
from lookalike.train.recipe.warm_start import other_classes
from lookalike.train.state.state_file import State


def measure_of(params: TrainParams, data: TrainingData, description: ModelDescription) -> str:
    """A sha256 over all that validation metrics are a function of, beside the network's weights.

    Validation images with their classes, how they are seen, the loss, and what is monitored.
    """
    parts = {
        "images": image_ids(data.images, data.valid.rows),
        "targets": data.valid.targets,
        "description": description.model_dump(mode="json"),
        "loss": [params.loss, params.label_smoothing],
        "monitor": params.monitored,
    }
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


class Provenance:
    """The classes and images that a run has learned from, and its measure.

    Args:
        classes: their names, in order.
        learned_from: shortened ids of the training images, and of those that the run's start was
            trained on.
        measure: see `measure_of`.
    """

    def __init__(self, classes: list[str], learned_from: ImageIds, measure: str) -> None:
        self.classes = classes
        self.learned_from = learned_from
        self.measure = measure

    def check_successor_of(self, state: State, source: str, held_out: ImageIds) -> None:
        """Raise LookalikeError unless this run may go on from a checkpoint.

        Args:
            state: the provenance that the checkpoint holds.
            source: its path.
            held_out: shortened ids of the images that are to measure this run.
        """
        classes, images = _names(state.get("classes")), _names(state.get("learned_from"))
        if classes is None or images is None:
            raise LookalikeError(
                f"train.resume_from: {source}: does not say what it was trained on; train anew"
            )
        if classes != self.classes:
            raise LookalikeError(
                f"train.resume_from: {source} is of {other_classes(classes, self.classes)}; with "
                "train.weights: a copy of its model, and weights_strict: false, what both know is "
                "kept"
            )
        check_held_out("train.resume_from", source, shortened(images), held_out)

    def measures_like(self, state: State) -> bool:
        """Whether metrics of a checkpoint can be held against those of this run."""
        return bool(state.get("measure") == self.measure)

    def state_dict(self) -> State:
        return {
            "classes": self.classes,
            "learned_from": sorted(self.learned_from),
            "measure": self.measure,
        }

    def load_state_dict(self, state: State) -> None:
        """Add what an earlier run has learned from."""
        self.learned_from |= frozenset(_names(state["learned_from"]) or ())


def _names(value: object) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(v, str) for v in value) else None
