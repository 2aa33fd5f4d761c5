"""Where the results of a run are."""

import json
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.layout import Layout
from lookalike.project.results import results

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def finished(tiny_model: Path, tiny_index: Path, tmp_path: Path) -> Path:
    """A project whose pipeline has run."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model").symlink_to(tiny_model)
    (tmp_path / "models" / "index").symlink_to(tiny_index)
    (tmp_path / "metrics").mkdir()
    write(tmp_path, "evaluate", {"accuracy": 0.91234, "recall_at_1": 0.5, "queries": 18})
    write(tmp_path, "index", {"images": 120, "recall_at_10": 1.0})
    return tmp_path


def write(project: Path, name: str, metrics: dict[str, float]) -> None:
    (project / "metrics" / f"{name}.json").write_text(json.dumps(metrics))


def test_the_outputs_and_the_headline_figures_are_named(finished: Path) -> None:
    lines = results(Layout(finished), "lookalike")
    assert lines[:4] == [
        "model    models/model/",
        "index    models/index/ (120 images)",
        "metrics  metrics/*.json: accuracy 0.9123, recall at 1 0.5000, index recall at 10 1.0000",
        "pictures metrics/figures/, metrics/train_figures/",
    ]


def test_the_query_to_paste_is_a_test_image_that_is_there(finished: Path) -> None:
    lines = results(Layout(finished), "lookalike")
    command, search, image, *rest = shlex.split(lines[lines.index("a first query:") + 1])
    assert [command, search, *rest] == ["lookalike", "search", "-k", "5"]
    assert Path(image).is_file()


def test_only_after_the_built_in_digits_it_says_how_to_use_images_of_ones_own(
    finished: Path, tiny_source: Path
) -> None:
    hint = "lookalike preset photos --source FOLDER"
    project = Layout(finished)
    assert hint not in results(project, "lookalike")
    project.samples = tiny_source
    assert hint in results(project, "lookalike")


def test_without_classification_only_what_was_measured_is_said(finished: Path) -> None:
    write(finished, "evaluate", {"recall_at_1": 0.25, "map_at_r": 0.125})
    lines = results(Layout(finished), "l")
    assert "metrics/*.json: recall at 1 0.2500, map at r 0.1250, " in "\n".join(lines)


@pytest.mark.parametrize("name", ["evaluate", "index"])
def test_missing_metrics_are_one_line(
    name: str, finished: Path, one_line_error: OneLineError
) -> None:
    (finished / "metrics" / f"{name}.json").unlink()
    with one_line_error(f"metrics/{name}.json: missing; run the pipeline first"):
        results(Layout(finished), "lookalike")


def test_before_the_first_run_there_is_one_line(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"{tmp_path}/models/model/", "missing; train first, or dvc pull"):
        results(Layout(tmp_path), "lookalike")


def test_the_last_line_opens_the_page(finished: Path) -> None:
    assert results(Layout(finished), "lookalike")[-1] == "lookalike open"
