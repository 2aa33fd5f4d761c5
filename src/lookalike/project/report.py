"""One HTML file that shows how good a finished run is; it needs nothing but itself."""

import base64
import csv
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader
from PIL import Image

from lookalike.core import layout
from lookalike.core.errors import LookalikeError
from lookalike.core.files import read_csv, written_whole
from lookalike.project import charts

TEMPLATE = "report.html"
QUALITY = 85
CONFUSIONS = 15
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
PICTURES = {
    layout.FIGURES / "queries.png": "Queries and what looks most like them",
    layout.FIGURES / "mistakes.png": "The most confident mistakes",
    layout.FIGURES / "hardest.png": "The hardest classes",
    layout.TRAIN_FIGURES / "augmented.png": "What the network learned from",
}


class Picture(NamedTuple):
    """A title and an image as a data URI."""

    title: str
    uri: str


def write_report(root: Path, path: Path) -> None:
    """Write the report on a project's metrics, plots and pictures, whole or not at all.

    What a run did not give, such as the scores of a classifier that there is none of, is left out.

    Args:
        root: the project.
        path: the HTML file to write.

    Raises:
        LookalikeError: the pipeline has not run to the end of `evaluate`.
    """
    metrics = {name: _read_json(root, f"{name}.json") for name in ("evaluate", "split", "train")}
    if metrics["evaluate"] is None:
        raise LookalikeError(
            f"{root / layout.METRICS / 'evaluate.json'}: missing; run the pipeline first"
        )
    tables = {file.stem: read_csv(file) for file in (root / layout.EVALUATION).glob("*.csv")}
    map_page = root / layout.FIGURES / "map.html"
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    page = environment.get_template(TEMPLATE).render(
        metrics=metrics,
        index=_read_json(root, "index.json"),
        headlines={k: v for k, v in HEADLINES.items() if k in metrics["evaluate"]},
        charts=list(_charts(root, tables)),
        classes=tables.get("classes", []),
        pictures=[
            Picture(title, _jpeg(root / path))
            for path, title in PICTURES.items()
            if (root / path).is_file()
        ],
        map_page=map_page.read_text(encoding="utf-8") if map_page.is_file() else None,
        params=(root / layout.PARAMS).read_text(encoding="utf-8"),
    )
    with written_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _charts(root: Path, tables: dict[str, list[dict[str, str]]]) -> Iterator[Picture]:
    for name in ("loss", "accuracy"):
        series = {
            side: points
            for side in ("train", "valid")
            if (points := _curve(root / layout.TRAIN_LOG, side, name))
        }
        if series:
            chart = charts.lines(series, "epoch", name, share=name == "accuracy")
            yield Picture(f"Training: {name}", chart)
    if predictions := tables.get("predictions"):
        pairs = [(row["label"], row["predicted_label"]) for row in predictions]
        labels = sorted({label for pair in pairs for label in pair})
        yield Picture("Confusion matrix", charts.confusion_matrix(labels, pairs))
    if confusions := tables.get("confusions"):
        counts = {row["confusion"]: float(row["images"]) for row in confusions[:CONFUSIONS]}
        yield Picture("Most frequent confusions (class → predicted)", charts.bars(counts, "images"))
    if tables.get("reliability"):
        names = {"reliability": "calibrated", "reliability_uncalibrated": "before"}
        series = {
            label: _points(tables[name], "probability", "accuracy") for name, label in names.items()
        }
        chart = charts.lines(
            series, "promised probability", "share of right answers", diagonal=True
        )
        yield Picture("Reliability", chart)
    if rows := tables.get("precision_recall"):
        points = _points(rows, "recall", "precision")
        yield Picture("Precision against recall", charts.lines({"": points}, "recall", "precision"))
    if rows := tables.get("roc"):
        points = _points(rows, "false_positive_rate", "true_positive_rate")
        chart = charts.lines(
            {"": points}, "false positive rate", "true positive rate", diagonal=True
        )
        yield Picture("ROC", chart)
    if rows := tables.get("recall_at_k"):
        series = {name: _points(rows, "k", name) for name in ("recall", "precision")}
        yield Picture("Retrieval among k neighbours", charts.lines(series, "k", "mean"))


def _points(rows: list[dict[str, str]], x: str, y: str) -> list[tuple[float, float]]:
    return [(float(row[x]), float(row[y])) for row in rows]


def _curve(log: Path, side: str, name: str) -> list[tuple[float, float]]:
    """A curve of dvclive: `(epoch, value)`."""
    path = log / "plots" / "metrics" / side / f"{name}.tsv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return _points(list(csv.DictReader(file, delimiter="\t")), "step", name)


def _jpeg(path: Path) -> str:
    buffer = BytesIO()
    Image.open(path).convert("RGB").save(buffer, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _read_json(root: Path, name: str) -> dict[str, Any] | None:
    path = root / layout.METRICS / name
    if not path.is_file():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
