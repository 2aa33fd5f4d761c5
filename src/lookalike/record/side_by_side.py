"""Several runs side by side: what each scores, and what differs between them."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from lookalike.compare.snapshot import WORKSPACE, Snapshot
from lookalike.core.errors import NotReadyError
from lookalike.core.layout import Layout
from lookalike.evaluate.charts import matrices
from lookalike.figures.charts import Chart
from lookalike.record.run_charts import Picture, pictures_of
from lookalike.record.run_parts import flat_params
from lookalike.train.curves import CURVES, chart_of, curve, log_file


class Run(NamedTuple):
    """A run that is shown beside others.

    Attributes:
        name: of its revision.
        metrics: what `metrics/evaluate.json` holds.
        values: of the parameters that are not the same in all runs, in their order; None: unset.
    """

    name: str
    metrics: dict[str, Any]
    values: list[str | None]


class SideBySide(NamedTuple):
    """Runs, the names of the parameters in which they differ, and their curves and matrices."""

    runs: list[Run]
    differing: list[str]
    charts: list[Picture]


def side_by_side(project: Layout, revisions: Sequence[str]) -> SideBySide | None:
    """What lies here beside revisions or experiments; None where there are none.

    Raises:
        LookalikeError: there is no such revision, or nothing was evaluated there.
    """
    if not revisions:
        return None
    sides = [Snapshot(project, name) for name in dict.fromkeys([WORKSPACE, *revisions])]
    params = [flat_params(side.yaml(project.params)) for side in sides]
    differing = [
        name
        for name in dict.fromkeys(name for each in params for name in each)
        if len({each.get(name) for each in params}) > 1
    ]
    runs = [
        Run(side.name, _metrics(side), [each.get(name) for name in differing])
        for side, each in zip(sides, params, strict=True)
    ]
    return SideBySide(runs, differing, list(pictures_of(_charts(sides))))


def _metrics(side: Snapshot) -> dict[str, Any]:
    path = side.project.metrics / "evaluate.json"
    if not (metrics := side.json(path)):
        raise NotReadyError(f"{side.name}: {path} is missing there; run its pipeline: dvc repro")
    return metrics


def _charts(sides: Sequence[Snapshot]) -> Iterator[Chart]:
    """The validation curves of all runs, and the confusion matrix of each."""
    for name in CURVES:
        curves = {
            side.name: curve(_table(side, log_file(side.project.train_log, "valid", name)), name)
            for side in sides
        }
        if series := {run: points for run, points in curves.items() if points}:
            yield chart_of(series, name, "Validation")
    for side in sides:
        if rows := _table(side, side.project.evaluation / "predictions.csv"):
            _, shares = matrices([(row["label"], row["predicted_label"]) for row in rows])
            yield shares._replace(title=f"{shares.title}: {side.name}")


def _table(side: Snapshot, path: Path) -> list[dict[str, str]]:
    """The rows of a CSV or TSV file; none where the revision lacks it."""
    text = side.text(path) or ""
    return list(csv.DictReader(StringIO(text), delimiter="\t" if path.suffix == ".tsv" else ","))
