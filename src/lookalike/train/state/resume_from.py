"""Go on from the checkpoint of a finished training, with more epochs."""

import warnings
from pathlib import Path

from torch.optim.lr_scheduler import LRScheduler

from lookalike.core.errors import LookalikeError
from lookalike.train.params import TrainParams
from lookalike.train.state.checkpoint import read_checkpoint
from lookalike.train.state.optimizer_state import NamedOptimizer
from lookalike.train.state.state_file import Stateful


def resume_training(
    params: TrainParams,
    parts: dict[str, Stateful],
    optimizer: NamedOptimizer,
    schedule: LRScheduler,
    steps_per_epoch: int,
) -> None:
    """Take over what a training ended with; learning rates are those of the new parameters.

    The schedule is the new one, over all epochs, at the place that the training has reached.

    Raises:
        LookalikeError: there is no such checkpoint, it is of another network, or it has as many
            epochs as asked for.
    """
    assert params.resume_from is not None
    source = Path(params.resume_from)
    state = read_checkpoint(source, params.resume_from_sha256)
    try:
        for name, part in parts.items():
            if part is optimizer:
                optimizer.load_without_settings(state[name])
            elif part is not schedule:
                part.load_state_dict(state[name])
        done = state["position"]["epoch"] - 1
    except (KeyError, RuntimeError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise LookalikeError(
            f"train.resume_from: {source}: does not fit what is to be trained ({reason})"
        ) from None
    if done >= params.epochs:
        raise LookalikeError(
            f"train.resume_from: {source}: has {done} epochs already; set train.epochs above that"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no step of the optimizer comes before these
        for _ in range(done * steps_per_epoch):
            schedule.step()
