"""Which epoch is the best one, and when to stop waiting for a better one."""

from collections.abc import Mapping


def rank(metrics: Mapping[str, float], monitor: str) -> tuple[float, float]:
    """What the best epoch has most of: the metric, then a low validation loss.

    Args:
        metrics: of an epoch, by their names in dvclive, such as `valid/accuracy`.
        monitor: `accuracy`, or another validation metric; of `loss` less is better.
    """
    loss = -metrics["valid/loss"]
    return (loss if monitor == "loss" else metrics[f"valid/{monitor}"]), loss


def out_of_patience(epoch: int, best_epoch: int, patience: int | None) -> bool:
    """Whether the best epoch is `patience` epochs ago; never, where that is None.

    Prechelt, "Early Stopping - But When?", 1998.
    """
    return patience is not None and epoch - best_epoch >= patience
