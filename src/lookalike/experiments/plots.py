"""Pictures of a sweep, as data URIs of SVG images; Optuna draws them."""

import warnings
from io import BytesIO
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState
from optuna.visualization.matplotlib import (
    plot_intermediate_values,
    plot_optimization_history,
    plot_slice,
)

from lookalike.experiments.study import SweepStudy
from lookalike.figures.charts import Chart, bars
from lookalike.figures.data_uri import data_uri


def plots(study: SweepStudy, importance: dict[str, float]) -> dict[str, str]:
    """A picture for each title; those that have nothing to show are left out."""
    drawn = {}
    metric = study.plan.sweep.objective.key
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none"}):
        warnings.simplefilter("ignore", ExperimentalWarning)
        if any(trial.state == TrialState.COMPLETE for trial in study.trials):
            history = plot_optimization_history(study.study, target_name=metric)
            drawn["Trials in their order"] = _svg(history)
            drawn["Metric by parameter"] = _svg(plot_slice(study.study, target_name=metric))
        if any(trial.intermediate_values for trial in study.trials):
            drawn["Curves of the trials"] = _svg(plot_intermediate_values(study.study))
    if importance:
        rounded = {name: round(share, 2) for name, share in importance.items()}
        title = "Importance of the parameters"
        figure = bars(rounded, "share of the metric's variance")
        drawn[title] = Chart("importance", title, figure).uri
    return drawn


def _svg(axes: Any) -> str:
    """A drawn figure without its title as a data URI, by one of its axes or several."""
    figure = np.ravel(axes)[0].figure
    figure.suptitle("")
    for drawn in figure.axes:
        drawn.set_title("")
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return data_uri(buffer.getvalue(), "image/svg+xml")
