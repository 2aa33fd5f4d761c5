"""What the stage writes once a model is trained."""

from lookalike.core.files import atomic_folder
from lookalike.core.json_file import write_json, write_metrics
from lookalike.core.layout import Layout
from lookalike.figures.charts import write_charts
from lookalike.model.artifact import save_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.train.curves import training_charts
from lookalike.train.figures import PICTURES
from lookalike.train.state.checkpoint import write_output
from lookalike.train.timings import Timings
from lookalike.train.training_run import TrainedModel


def write_outputs(trained: TrainedModel, timings: Timings, project: Layout) -> None:
    """Write model, checkpoints and metrics, each whole or not at all.

    Raises:
        LookalikeError: the model holds weights that are not finite.
    """
    save_model(project.model, trained.description, trained.weights, trained.learned_from)
    write_output(project.checkpoints, trained.weights, trained.state)
    write_metrics(project.metrics / "train.json", trained.metrics)
    if trained.state is None:
        with atomic_folder(project.train_figures, *PICTURES):
            pass  # an empty one: nothing was augmented
    write_charts(project.train_figures, training_charts(project.train_log))
    measured = {"model": fingerprint(project.model), **timings.summary()}
    write_json(project.timings / "train.json", measured)
