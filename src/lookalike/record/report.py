"""One HTML file that shows how good a finished run is; it needs nothing but itself."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from lookalike.core.errors import LookalikeError
from lookalike.core.json_file import read_object
from lookalike.core.layout import Layout
from lookalike.core.params import read_params
from lookalike.core.secrets import without_secrets
from lookalike.evaluate.charts import evaluation_charts
from lookalike.figures.content_policy import content_policy
from lookalike.figures.data_uri import data_uri
from lookalike.figures.html_page import write_html
from lookalike.ingest.params import IngestParams
from lookalike.record.run_charts import Picture, pictures_of, read_tables
from lookalike.record.side_by_side import side_by_side
from lookalike.revisions.git import git
from lookalike.train.curves import training_charts

TEMPLATE = Path(__file__).with_name("report.html")
QUALITY = 85
# What stands on top, under its name for people.
HEADLINES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "top5_accuracy": "Top-5 accuracy",
    "macro_f1": "Macro F1",
    "macro_auroc": "Macro AUROC",
    "ece": "Calibration error",
    "recall_at_1": "Recall@1",
    "map_at_r": "mAP@R",
}
# Below `metrics/`
PICTURES = {
    "figures/queries.png": "Queries and what looks most like them",
    "figures/mistakes.png": "The most confident mistakes",
    "figures/hardest.png": "The hardest classes",
    "train_figures/augmented.png": "What the network learned from",
}


def write_report(project: Layout, path: Path, revisions: Sequence[str] = ()) -> None:
    """Write the report on a project's metrics, plots and pictures, whole or not at all.

    What a run did not give, such as the scores of a classifier that there is none of, is left out.

    Args:
        project: the project.
        path: the HTML file to write.
        revisions: revisions or experiments whose runs are shown beside the one that lies here.

    Raises:
        LookalikeError: the pipeline has not run to the end of `evaluate`, here or at a revision.
    """
    metrics = {
        name: _read_json(project.metrics / f"{name}.json")
        for name in ("evaluate", "split", "train")
    }
    if metrics["evaluate"] is None:
        raise LookalikeError(
            f"{project.metrics / 'evaluate.json'}: missing; run the pipeline first"
        )
    tables = read_tables(project)
    projection = project.figures / "projection.html"
    projection_page = projection.read_text(encoding="utf-8") if projection.is_file() else ""
    write_html(
        path,
        TEMPLATE,
        content_policy(TEMPLATE.read_text(encoding="utf-8"), projection_page),
        about=list(_about(project)),
        metrics=metrics,
        index=_read_json(project.metrics / "index.json"),
        headlines={k: v for k, v in HEADLINES.items() if k in metrics["evaluate"]},
        charts=[
            *pictures_of(training_charts(project.train_log)),
            *pictures_of(evaluation_charts(tables)),
        ],
        beside=side_by_side(project, revisions),
        classes=tables.get("classes", []),
        pictures=[
            Picture(title, _jpeg(project.metrics / picture))
            for picture, title in PICTURES.items()
            if (project.metrics / picture).is_file()
        ],
        projection_page=projection_page,
        params=without_secrets(project.params.read_text(encoding="utf-8")),
    )


def _about(project: Layout) -> Iterator[str]:
    """Data set, backbone, and the commit with its date; each where it is known."""
    source = read_params(IngestParams, "source", path=project.params).source
    yield f"images of {without_secrets(source)}"
    if (description := _read_json(project.model / "model.json")) is not None:
        second = description.get("second_backbone")
        beside = f" and {second['name']}" if second else ""
        yield f"backbone {description['backbone']}{beside}"
    with suppress(LookalikeError):  # in no repository, or nothing is committed
        named = git(project.root, "describe", "--always", "--dirty", "--abbrev=10").strip()
        yield f"commit {named} of {git(project.root, 'log', '-1', '--format=%cs').strip()}"


def _jpeg(path: Path) -> str:
    buffer = BytesIO()
    Image.open(path).convert("RGB").save(buffer, "JPEG", quality=QUALITY)
    return data_uri(buffer.getvalue(), "image/jpeg")


def _read_json(path: Path) -> dict[str, Any] | None:
    return read_object(path) if path.is_file() else None
