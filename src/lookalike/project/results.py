"""Where the results of a run are, and a first thing to try."""

import shlex
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import read_object
from lookalike.core.layout import Layout
from lookalike.index.storage import open_index
from lookalike.model.artifact_fingerprint import fingerprint


def results(project: Layout, command: str) -> list[str]:
    """Name the outputs and the headline figures of a finished run, and a query to paste.

    Args:
        project: the project.
        command: how to call the command line, such as `.venv/bin/lookalike`.

    Raises:
        LookalikeError: the pipeline has not run to its end.
    """
    indexed = open_index(project.index, fingerprint(project.model))
    evaluation = _read(project.metrics / "evaluate.json")
    measured = _read(project.metrics / "index.json")
    figures = [
        f"{name.replace('_', ' ')} {evaluation[name]:.4f}"
        for name in ("accuracy", "balanced_accuracy", "recall_at_1", "map_at_r")
        if name in evaluation
    ]
    figures.append(f"index recall at 10 {measured['recall_at_10']:.4f}")
    model, index, metrics, figures_folder, train_figures = map(
        project.relative,
        (project.model, project.index, project.metrics, project.figures, project.train_figures),
    )
    lines = [
        f"model    {model}/",
        f"index    {index}/ ({len(indexed)} images)",
        f"metrics  {metrics}/*.json: {', '.join(figures)}",
        f"pictures {figures_folder}/, {train_figures}/",
    ]
    splits, sources = (indexed.metadata[name].to_pylist() for name in ("split", "source"))
    for split, source in zip(splits, sources, strict=True):
        path = project.root / source
        if split in {"test", None} and path.is_file():
            if path.is_relative_to(project.samples):
                lines += ["", "your own images:", f"{command} preset photos --source FOLDER"]
            lines += ["", "a first query:", f"{command} search {shlex.quote(source)} -k 5"]
            break
    lines += ["", "a page to search from:", f"{command} open"]
    return lines


def _read(path: Path) -> dict[str, float]:
    try:
        return read_object(path)
    except OSError:
        raise LookalikeError(f"{path}: missing; run the pipeline first") from None
