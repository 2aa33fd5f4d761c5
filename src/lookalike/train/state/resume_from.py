"""Go on from the checkpoint of a finished training, with more epochs."""

from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.model.training_images import ImageIds
from lookalike.terminal.progress import say
from lookalike.train.params import TrainParams
from lookalike.train.state.checkpoint import read_checkpoint
from lookalike.train.state.run_state import RunState
from lookalike.train.state.state_file import State

NO_BEST: State = {"epoch": None, "weights": {}}


def resume_training(run: RunState, params: TrainParams, held_out: ImageIds) -> None:
    """Take over what a training ended with; rates and the like are those of the new parameters.

    The schedule is the new one, over all epochs, at the place that the training has reached. Its
    best epoch competes only where it was measured as those of this run are.

    Args:
        run: at its start.
        params: which checkpoint, its hash, and how many epochs there are to be in all.
        held_out: shortened ids of the validation and test images.

    Raises:
        LookalikeError: there is no such checkpoint, it is of another network or of other classes,
            it has learned from images that are held out, or it has as many epochs as asked for.
    """
    assert params.resume_from is not None
    source = Path(params.resume_from)
    state = read_checkpoint(source, params.resume_from_sha256)
    provenance = state.get("provenance")
    if not isinstance(provenance, dict):
        provenance = {}
    run.provenance.check_successor_of(provenance, str(source), held_out)
    if not run.provenance.measures_like(provenance):
        say(
            f"train.resume_from: {source} was validated otherwise (images, their size, loss or "
            "monitor), so the best epoch is sought among the new ones"
        )
        state["best"] = NO_BEST
    try:
        run.load_state_dict(state)
    except ValueError as error:
        raise LookalikeError(
            f"train.resume_from: {source}: does not fit what is to be trained ({error})"
        ) from None
    done = run.position.epoch - 1
    if done >= params.epochs:
        raise LookalikeError(
            f"train.resume_from: {source}: has {done} epochs already; set train.epochs above that"
        )
    if run.position.step:
        raise LookalikeError(
            f"train.resume_from: {source}: is of a training that has not ended: it stopped in "
            f"epoch {run.position.epoch}"
        )
