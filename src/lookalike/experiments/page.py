"""A sweep as one HTML page with pictures, that needs nothing but itself and runs no script."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from lookalike.core.files import atomic_file
from lookalike.experiments.plots import plots
from lookalike.experiments.result import SweepResult
from lookalike.experiments.search_space import shown
from lookalike.experiments.study import SweepStudy
from lookalike.figures.content_policy import content_policy
from lookalike.terminal.printable import printable

TEMPLATE = "page.html"


def write_page(path: Path, study: SweepStudy, result: SweepResult) -> None:
    """Write the page, whole or not at all."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, finalize=_printable
    )
    page = environment.get_template(TEMPLATE).render(
        policy=content_policy(),
        result=result,
        names=list(study.plan.sweep.space),
        plots=plots(study, result.importance),
        shown=shown,
    )
    with atomic_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value
