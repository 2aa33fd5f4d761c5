"""The stage `export`: a graph, or why there is none; both end well."""

import json
import runpy
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path

import pytest

from lookalike.core.errors import ConfigError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.layout import Layout
from lookalike.export import parity
from lookalike.images.store import ImageStore
from lookalike.inference.exported import read_export
from lookalike.model.artifact_fingerprint import fingerprint

OneLineError = Callable[..., AbstractContextManager[None]]

SCRIPT = Path(__file__).parents[2] / "src" / "export.py"


@pytest.fixture
def project(
    tmp_path: Path,
    tiny_model: Path,
    tiny_images: ImageStore,
    tiny_split: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Layout:
    """A project after training, and the current folder."""
    (tmp_path / "params.yaml").write_text("base:\n  threads: 1\n")
    shutil.copytree(tiny_images.folder, tmp_path / "data" / "images")
    shutil.copytree(tiny_model, tmp_path / "models" / "model")
    shutil.copy(tiny_split, tmp_path / "data" / "split.csv")
    monkeypatch.chdir(tmp_path)
    return Layout(Path())


def run(project: Layout) -> None:
    runpy.run_path(str(SCRIPT))["main"](project)


def test_it_records_how_close_the_graph_is(project: Layout) -> None:
    run(project)
    metrics = json.loads((project.metrics / "export.json").read_text())
    assert metrics["exported"] is True
    assert metrics["parity"]["images"] == 64
    assert metrics["parity"]["difference_at_most"] in (1e-6, 1e-5, 1e-4)
    assert metrics["parity"]["same_top_1"] == 1.0
    assert read_export(project.export).model_sha256 == fingerprint(project.model)


@pytest.mark.full
def test_a_second_run_writes_the_same_bytes(project: Layout) -> None:
    outputs = ["models/export/model.onnx", "models/export/model.json", "metrics/export.json"]
    run(project)
    before = [Path(name).read_bytes() for name in outputs]
    run(project)
    assert [Path(name).read_bytes() for name in outputs] == before


def test_a_model_without_a_graph_is_a_line_and_a_reason(
    project: Layout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(project)
    monkeypatch.setattr(parity, "TOLERANCE", -1.0)  # which no graph can keep to
    run(project)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("export: the model cannot be exported as onnx: of 64 images")
    assert line.endswith("searching will use torch")
    export = read_export(project.export)
    assert export.file is None
    assert "normalized embeddings differ" in str(export.reason)
    assert not (project.export / "model.onnx").exists()
    assert json.loads((project.metrics / "export.json").read_text()) == {"exported": False}


def test_with_torch_what_computes_does_not_depend_on_the_graph(project: Layout) -> None:
    run(project)
    assert json.loads(project.inference.read_text()) == {
        "numerics": {"engine": "torch", "precision": "fp32"},
        "graph_sha256": None,
        "version": None,
        "decode": "processor",
    }


def test_with_another_engine_it_names_graph_and_version(int8_project: Path) -> None:
    inference = json.loads((int8_project / "models/inference.json").read_text())
    assert inference == {
        "numerics": {"engine": "openvino", "precision": "int8"},
        "graph_sha256": sha256_of_file(int8_project / "models/export/model.int8.onnx"),
        "version": version("openvino"),
        "decode": "processor",
    }


def test_an_engine_without_a_graph_to_compute_is_one_line(
    project: Layout, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    project.params.write_text("base: {threads: 1, inference: {engine: onnxruntime}}")
    monkeypatch.setattr(parity, "TOLERANCE", -1.0)  # which no graph can keep to
    with one_line_error("holds no graph", "use torch", kind=ConfigError):
        run(project)
    assert not project.inference.exists()
