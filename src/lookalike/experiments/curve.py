"""The curve of a run by which it may be ended early: a row of step and value for each epoch."""

from collections.abc import Callable
from pathlib import Path

from lookalike.core.errors import DataError
from lookalike.experiments.plan import Plan
from lookalike.experiments.workspace import Workspace
from lookalike.revisions.git import file_at

Curve = list[tuple[int, float]]
Judge = Callable[[Curve], None]


class Watcher:
    """Looks at the curve of the experiment in a workspace, and lets a judge end it.

    Args:
        workspace: where it runs.
        plan: the sweep.
        judge: called with the curve so far; what it raises ends the run. None: nothing does.
    """

    def __init__(self, workspace: Workspace, plan: Plan, judge: Judge | None) -> None:
        self._workspace, self._judge = workspace, judge
        self._path = Path("" if plan.sweep.pruner is None else plan.sweep.pruner.curve)
        # Until its stage begins, the file is the one of the commit that it starts from
        self._earlier = (
            None if judge is None else file_at(workspace.project, plan.commit, self._path)
        )

    def look(self) -> None:
        """Judge what the experiment has written so far."""
        if self._judge is not None:
            data = self._workspace.running(self._path)
            if data is not None and data != self._earlier:
                self._judge(parse_curve(data, self._path))

    def look_at(self, commit: str) -> None:
        """Judge the whole curve of an experiment that has ended: its speed decides nothing."""
        if self._judge is not None:
            data = file_at(self._workspace.project, commit, self._path) or b""
            self._judge(parse_curve(data, self._path))


def parse_curve(data: bytes, path: Path) -> Curve:
    """Read the rows of a TSV file as dvclive writes it: below a header; an unfinished one is none.

    Raises:
        DataError: a row does not consist of step and value.
    """
    lines = data.decode(errors="replace").split("\n")[1:-1]
    try:
        return [(int(step), float(value)) for step, value in (line.split("\t") for line in lines)]
    except ValueError:
        raise DataError(f"{path}: has rows other than of step and value") from None
