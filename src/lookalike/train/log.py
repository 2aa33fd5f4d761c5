"""What people watch while a model trains: dvclive's curves and a line an epoch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvclive.live import Live
from scmrepo.exceptions import SCMError

from lookalike.core.errors import LookalikeError
from lookalike.core.files import check_output_folder, remove_folder
from lookalike.terminal.process import is_first_process
from lookalike.terminal.progress import say
from lookalike.train.state.epoch import Epoch, epoch_from_state
from lookalike.train.state.state_file import State

CONTENTS = ("metrics.json", "plots/*.tsv")


class TrainingLog:
    """Logs one row an epoch to dvclive; what it has logged is its state.

    Args:
        live: where to; None where another process does it.
    """

    def __init__(self, live: Live | None) -> None:
        self._live = live
        self._epochs: list[Epoch] = []

    def report(self, epoch: Epoch) -> None:
        """Log an epoch and print it."""
        self._log(epoch)
        words = {name: name.replace("/", " ").replace("_", " ") for name in epoch.metrics}
        shown = (f"{words[name]} {value:.4g}" for name, value in epoch.metrics.items())
        say(f"epoch {epoch.number}: {', '.join(shown)}")

    def _log(self, epoch: Epoch) -> None:
        self._epochs.append(epoch)
        if self._live is None:
            return
        self._live.step = epoch.number
        for name, value in epoch.metrics.items():
            self._live.log_metric(name, round(value, 6))
        self._live.make_summary()

    def state_dict(self) -> State:
        return {"epochs": [epoch._asdict() for epoch in self._epochs]}

    def load_state_dict(self, state: State) -> None:
        """Log again, into a log that is still empty, what was logged before."""
        for epoch in state["epochs"]:
            self._log(epoch_from_state(epoch))


@contextmanager
def training_log(folder: Path) -> Iterator[TrainingLog]:
    """Open a fresh log in `folder`; it is removed again where training does not end well."""
    if not is_first_process():
        yield TrainingLog(None)
        return
    check_output_folder(folder, *CONTENTS)
    remove_folder(folder, *CONTENTS)
    try:
        with _opened(folder) as live:
            yield TrainingLog(live)
    except BaseException:
        remove_folder(folder, *CONTENTS)
        raise


def _opened(folder: Path) -> Live:
    try:
        # dvclive would otherwise rewrite dvc.yaml and save experiments that DVC saves itself
        return Live(str(folder), dvcyaml=None, save_dvc_exp=False, report=None)
    except SCMError as error:
        raise LookalikeError(
            f"{folder}: dvclive notes which commit a training started from, and cannot: "
            f"{error}; commit the project to Git first"
        ) from None
