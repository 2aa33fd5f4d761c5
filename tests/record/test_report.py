"""The report: one HTML file that needs nothing but itself."""

import base64
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from lookalike.core.csv_file import read_csv, write_csv
from lookalike.core.json_file import rounded, write_metrics
from lookalike.core.layout import Layout
from lookalike.evaluate.evaluation import TABLES, evaluate_model
from lookalike.evaluate.figures import draw_figures
from lookalike.evaluate.params import EvaluateParams
from lookalike.images.split_file import read_split
from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder
from lookalike.model.artifact import load_model
from lookalike.model.network import normalize
from lookalike.record.report import write_report
from lookalike.train.curves import log_file

OneLineError = Callable[..., AbstractContextManager[None]]
LIMIT = 15 * 10**6


@pytest.fixture(scope="module")
def evaluated(
    tiny_model: Path,
    tiny_images: ImageStore,
    tiny_split: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A project as the `evaluate` stage leaves it."""
    root = tmp_path_factory.mktemp("evaluated")
    params = EvaluateParams(bootstrap_draws=20, projection="pca", grid_queries=2, grid_neighbors=2)
    model = load_model(tiny_model)
    test = [image for image in read_split(tiny_split, tiny_images) if image.split == "test"]
    output = Embedder(model, 32).outputs(tiny_images, [image.row for image in test])
    found = evaluate_model(model, test, output, params, seed=0)
    for name, columns in TABLES.items():
        rows = rounded(found.tables[name])
        write_csv(root / "metrics" / "evaluate" / f"{name}.csv", columns, rows)
    write_metrics(root / "metrics" / "evaluate.json", found.metrics)
    (root / "metrics" / "figures").mkdir()
    unit = normalize(output.embeddings)
    draw_figures(root / "metrics" / "figures", found, unit, tiny_images, params, 0)
    (root / "params.yaml").write_text("base: {seed: 0}  # <b> & co\n", encoding="utf-8")
    return root


@pytest.fixture
def project(evaluated: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(evaluated, tmp_path / "project"))


def report(project: Path, *revisions: str) -> str:
    write_report(Layout(project), project / "report.html", revisions)
    return (project / "report.html").read_text(encoding="utf-8")


def git(project: Path, *command: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    call = ("git", *who, *command)
    return subprocess.run(call, cwd=project, check=True, capture_output=True, text=True).stdout


def log(project: Path, subset: str, name: str, values: list[float]) -> None:
    """Write a curve as dvclive does."""
    rows = "".join(f"{epoch}\t{value}\n" for epoch, value in enumerate(values, start=1))
    path = log_file(project / "metrics" / "train", subset, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"step\t{name}\n{rows}", encoding="utf-8")


def images(page: str, kind: str) -> list[bytes]:
    """The images of a kind that the page holds itself."""
    found = re.findall(rf'src="data:image/{re.escape(kind)};base64,([^"]*)"', page)
    return [base64.b64decode(encoded) for encoded in found]


def test_it_has_the_figures_with_their_intervals(project: Path) -> None:
    page = report(project)
    for name in ("Accuracy", "Balanced accuracy", "Recall@1", "mAP@R", "Calibration error"):
        assert name in page
    assert re.search(r"\d\.\d{3} to \d\.\d{3}", page)


def test_its_head_says_what_was_run(project: Path, tiny_model: Path) -> None:
    shutil.copytree(tiny_model, project / "models" / "model")
    (project / "params.yaml").write_text("ingest: {source: 's3://photos/birds'}\n")
    page = report(project)
    assert "photos/birds" in page
    assert "backbone resnet18" in page
    assert "commit" not in page

    git(project, "init", "--quiet")
    git(project, "add", "params.yaml")
    git(project, "commit", "--quiet", "--message", "run", "--date", "2026-01-02T03:04:05Z")
    revision = git(project, "rev-parse", "--short=10", "HEAD").strip()
    assert f"commit {revision} of 20" in report(project)


def test_runs_of_other_revisions_stand_beside_it(project: Path) -> None:
    log(project, "valid", "loss", [0.5, 0.25])
    (project / "params.yaml").write_text("train: {lr: 0.1, epochs: 2}\n")
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "add", "params.yaml", "metrics/evaluate.json", "metrics/evaluate", "metrics/train")
    git(project, "commit", "--quiet", "--message", "run")
    log(project, "valid", "loss", [0.5, 0.125])
    (project / "params.yaml").write_text("train: {lr: 0.2, epochs: 2}\n")
    metrics = project / "metrics" / "evaluate.json"
    before = json.loads(metrics.read_text())
    write_metrics(metrics, before | {"accuracy": 0.5, "intervals": {"accuracy": [0.25, 0.75]}})

    page = report(project, "main")
    section = page[page.index("Runs side by side") : page.index("<h2>Retrieval")]
    workspace, base = re.findall(r"<td>(?:workspace|main)</td>.*?</tr>", section, re.DOTALL)
    assert "0.500" in workspace and "0.250 to 0.750" in workspace
    assert f"{before['accuracy']:.3f}" in base
    assert "<td>train.lr</td><td>0.2</td><td>0.1</td>" in section
    assert "train.epochs" not in section
    for title in ("Validation: loss", "Confusion matrix, normalized: main"):
        assert f"<figcaption>{title}</figcaption>" in section
    curves = images(section, "svg+xml")[0].decode()
    assert "workspace" in curves and "main" in curves


def test_a_revision_that_is_missing_or_was_not_evaluated_is_one_line(
    project: Path, one_line_error: OneLineError
) -> None:
    git(project, "init", "--quiet", "--initial-branch", "main")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "nothing yet")
    for name, *words in (("nowhere", "no revision"), ("main", "evaluate.json", "dvc repro")):
        with one_line_error(name, *words):
            report(project, name)
    assert not (project / "report.html").exists()


def test_the_confusion_matrix_counts_the_images_of_each_cell(project: Path) -> None:
    rows = read_csv(project / "metrics" / "evaluate" / "predictions.csv")
    cells = Counter((row["label"], row["predicted_label"]) for row in rows)
    matrix = images(report(project), "svg+xml")[0].decode()
    # Counts are the small texts; names of classes and axes are larger
    counts = re.findall(r"font-size: 7px[^>]*>\s*(\d+)\s*</text>", matrix)
    assert sorted(map(int, counts)) == sorted(cells.values())


def test_it_has_every_picture_and_chart(project: Path) -> None:
    page = report(project)
    pictures = {path.name for path in (project / "metrics" / "figures").glob("*.png")}
    grids = pictures & {"queries.png", "mistakes.png", "hardest.png"}
    assert len(images(page, "jpeg")) == len(grids) >= 2
    assert all(Image.open(BytesIO(picture)).width > 100 for picture in images(page, "jpeg"))
    charts = images(page, "svg+xml")
    assert all(ElementTree.fromstring(chart).tag.endswith("svg") for chart in charts)
    for title in (
        "Confusion matrix",
        "Confusion matrix, normalized",
        "Reliability",
        "ROC",
        "Retrieval among k neighbors",
    ):
        assert f"<figcaption>{title}</figcaption>" in page


def test_the_interactive_map_is_inside(project: Path) -> None:
    inside = re.search(r'srcdoc="([^"]*)"', report(project))
    assert inside is not None
    expected = (project / "metrics" / "figures" / "projection.html").read_text(encoding="utf-8")
    assert unescape(inside[1]) == expected


def test_it_needs_nothing_but_itself_and_is_small(project: Path) -> None:
    page = report(project)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert len(page.encode()) < LIMIT


def test_the_same_run_gives_the_same_bytes(project: Path) -> None:
    assert report(project) == report(project)


def test_texts_of_the_project_are_text_and_never_markup(project: Path) -> None:
    assert "&lt;b&gt; &amp; co" in report(project)


def test_what_was_not_pulled_is_left_out(project: Path) -> None:
    shutil.rmtree(project / "metrics" / "figures")
    page = report(project)
    assert images(page, "jpeg") == []
    assert "<iframe" not in page
    assert "Accuracy" in page


def test_the_index_and_the_curves_of_training_are_shown_where_there_are_some(
    project: Path,
) -> None:
    assert "ten nearest neighbors" not in report(project)
    gallery = {"recall_at_1": 0.125, "queries": 3}
    index = {"images": 9, "recall_at_10": 0.5, "gallery": gallery}
    write_metrics(project / "metrics" / "index.json", index)
    log(project, "train", "loss", [0.5, 0.25])
    log(project, "valid", "macro_auroc", [0.5, 0.75])
    page = report(project)
    assert "50.00% of the" in page
    assert "0.125" in page
    assert "Training: loss" in page
    assert "Validation: macro AUROC" in page


def test_before_the_pipeline_has_run_it_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("evaluate.json: missing", "run the pipeline"):
        write_report(Layout(tmp_path), tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.full
def test_two_reports_at_once_are_whole_or_one_line(project: Path) -> None:
    (project / "dvc.yaml").write_text("stages: {}\n")
    command = [sys.executable, "-m", "lookalike", "report", "-o", "report.html"]
    processes = [
        subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    failures = [process.communicate()[1] for process in processes if process.wait()]
    assert len(failures) < 2
    for line in failures:
        assert line.count("\n") == 1
        assert "report.html: another process is writing it" in line
    written = (project / "report.html").read_text()
    write_report(Layout(project), project / "alone.html")
    assert written == (project / "alone.html").read_text()
