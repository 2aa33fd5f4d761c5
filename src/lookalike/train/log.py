"""What people watch while a model trains: dvclive's curves and a line an epoch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvclive.live import Live

from lookalike.core.files import remove
from lookalike.core.progress import say
from lookalike.train.loop import Epoch


class TrainingLog:
    """Logs one row an epoch to dvclive."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def report(self, epoch: Epoch) -> None:
        """Log an epoch and print it."""
        values = {
            "train/loss": epoch.train.loss,
            "train/accuracy": epoch.train.accuracy,
            "valid/loss": epoch.valid.loss,
            "valid/accuracy": epoch.valid.accuracy,
            "lr": epoch.lr,
        }
        self._live.step = epoch.number
        for name, value in values.items():
            self._live.log_metric(name, round(value, 6))
        self._live.make_summary()
        say(
            f"epoch {epoch.number}: train loss {epoch.train.loss:.4f}, "
            f"accuracy {epoch.train.accuracy:.4f}; valid loss {epoch.valid.loss:.4f}, "
            f"accuracy {epoch.valid.accuracy:.4f}"
        )


@contextmanager
def training_log(folder: Path) -> Iterator[TrainingLog]:
    """Open a fresh log in `folder`; it is removed again where training does not end well."""
    remove(folder)
    try:
        # dvclive would otherwise rewrite dvc.yaml and save experiments that DVC saves itself
        with Live(str(folder), dvcyaml=None, save_dvc_exp=False, report=None) as live:
            yield TrainingLog(live)
    except BaseException:
        remove(folder)
        raise
