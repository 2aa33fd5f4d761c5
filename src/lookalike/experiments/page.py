"""A sweep as one HTML page with pictures, that needs nothing but itself and runs no script."""

from pathlib import Path

from lookalike.experiments.plots import plots
from lookalike.experiments.result import SweepResult
from lookalike.experiments.search_space import shown
from lookalike.experiments.study import SweepStudy
from lookalike.figures.content_policy import content_policy
from lookalike.figures.html_page import write_html

TEMPLATE = Path(__file__).with_name("page.html")


def write_page(path: Path, study: SweepStudy, result: SweepResult) -> None:
    """Write the page, whole or not at all."""
    write_html(
        path,
        TEMPLATE,
        content_policy(),
        result=result,
        names=list(study.plan.sweep.space),
        plots=plots(study, result.importance),
        shown=shown,
    )
