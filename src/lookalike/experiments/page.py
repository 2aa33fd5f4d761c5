"""A sweep as one HTML page with pictures, that needs nothing but itself and runs no script."""

from pathlib import Path

from lookalike.experiments.plots import plots
from lookalike.experiments.result import SweepResult
from lookalike.experiments.search_space import shown
from lookalike.experiments.study import SweepStudy
from lookalike.experiments.table import trial_name
from lookalike.figures.content_policy import content_policy
from lookalike.figures.html_page import write_html
from lookalike.figures.style import READING, THEME, style

TEMPLATE = Path(__file__).with_name("page.html")


def write_page(path: Path, study: SweepStudy, result: SweepResult) -> None:
    """Write the page, whole or not at all."""
    write_html(
        path,
        TEMPLATE,
        content_policy(),
        style=style(THEME, READING),
        result=result,
        names=list(study.plan.sweep.space),
        trial_name=trial_name,
        has_seeds=len(study.plan.sweep.seeds) > 1,
        plots=plots(study, result.importance),
        shown=shown,
    )
