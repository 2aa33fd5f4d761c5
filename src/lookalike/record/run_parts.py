"""What a finished run has to show elsewhere: of its training, and of its evaluation."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lookalike.core.errors import LookalikeError
from lookalike.core.hashing import sha256_of_files
from lookalike.core.json_file import read_object, to_json
from lookalike.core.layout import MEASURED_MODEL, Layout
from lookalike.core.secrets import without_secrets
from lookalike.evaluate.charts import evaluation_charts
from lookalike.inference.exported import ExportDescription, check_model, graph_of, read_export
from lookalike.inference.numerics import Numerics
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.record.run_charts import Picture, pictures_of, read_tables
from lookalike.train.curves import training_charts

Point = tuple[str, float, int]  # a metric, its value, its epoch or 0


class Part(NamedTuple):
    """What one stage has left.

    Attributes:
        name: of the stage.
        folders: its outputs, by the name that they get elsewhere.
        charts: draws them from these.
        metrics: values and curves, always the same for the same outputs.
        timings: values of the machine that the stage ran on; none where they are of another run.
    """

    name: str
    folders: dict[str, Path]
    charts: Callable[[], Iterator[Picture]]
    metrics: list[Point]
    timings: list[Point]

    @property
    def digest(self) -> str:
        """The sha256 over outputs and metrics."""
        files = [path for folder in self.folders.values() for path in folder.rglob("*")]
        content = sha256_of_files(path for path in files if path.is_file())
        return hashlib.sha256((content + to_json(self.metrics)).encode()).hexdigest()


def run_parts(project: Layout) -> list[Part]:
    """The training of a project, and evaluation and export of its model where there are any.

    Raises:
        LookalikeError: there is no model, or a metrics file is missing.
    """
    model = fingerprint(project.model)
    parts = [
        Part(
            "train",
            {
                "model": project.model,
                "train": project.train_log,
                "train_figures": project.train_figures,
            },
            lambda: pictures_of(training_charts(project.train_log)),
            [*_curves(project.train_log), *_values("best", _metrics(project, "train"))],
            _timings(project, "train", model),
        )
    ]
    measured = project.evaluation / MEASURED_MODEL
    if measured.is_file() and measured.read_text(encoding="utf-8").strip() == model:
        parts.append(
            Part(
                "evaluate",
                {"evaluate": project.evaluation, "figures": project.figures},
                lambda: pictures_of(evaluation_charts(read_tables(project))),
                list(_values("test", _metrics(project, "evaluate"))),
                _timings(project, "evaluate", model),
            )
        )
    if export_of(project, model) is not None:
        parts.append(Part("export", {"export": project.export}, lambda: iter(()), [], []))
    return parts


def export_of(project: Layout, model: str) -> ExportDescription | None:
    """The export of a model; None where there is no graph, or one of another model.

    Args:
        project: the project.
        model: the model's fingerprint.
    """
    try:
        export = read_export(project.export)
        check_model(project.export, export, model)
        graph_of(project.export, export, Numerics(engine="onnxruntime", precision="fp32"))
    except LookalikeError:
        return None
    return export


def flat_params(params: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Parameters by names such as `train.lr`, as text that holds no secret of an address."""
    found: dict[str, str] = {}
    for name, value in params.items():
        if isinstance(value, dict) and value:
            found |= flat_params(value, f"{above}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            found[f"{above}{name}"] = without_secrets(text)
    return found


def _curves(log: Path) -> Iterator[Point]:
    """The curves of dvclive, a point an epoch."""
    folder = log / "plots" / "metrics"
    for path in sorted(folder.rglob("*.tsv")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                yield name, float(row[path.stem]), int(row["step"])


def _values(above: str, metrics: Mapping[str, Any]) -> Iterator[Point]:
    """The numbers of a nested mapping; a pair of them is an interval."""
    for name, value in metrics.items():
        if isinstance(value, dict):
            yield from _values(f"{above}/{name}", value)
        elif isinstance(value, list):
            ends = zip(("low", "high"), value, strict=True)
            yield from ((f"{above}/{name}_{end}", number, 0) for end, number in ends)
        elif isinstance(value, int | float):
            yield f"{above}/{name}", value, 0


def _timings(project: Layout, stage: str, model: str) -> list[Point]:
    """What the stage took; nothing where it ran for another model."""
    path = project.timings / f"{stage}.json"
    timings = read_object(path) if path.is_file() else {}
    return list(_values(f"timings/{stage}", timings)) if timings.get("model") == model else []


def _metrics(project: Layout, stage: str) -> dict[str, Any]:
    path = project.metrics / f"{stage}.json"
    if not path.is_file():
        raise LookalikeError(f"{path}: missing; run the stage {stage} first")
    return read_object(path)
