"""Searching with an export: the same answers, and torch is never imported."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.core.errors import ConfigError, DataError, NotReadyError
from lookalike.export.writing import write_refusal
from lookalike.model.artifact import load_model
from lookalike.search.queries import ById, Like, Query
from lookalike.search.searcher import Searcher, open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]

SOURCE = Path(__file__).parents[2] / "src"
WITHOUT_TORCH = "import sys; sys.modules.update(torch=None, torchvision=None)\n"
SEARCH = """
import lookalike as la
searcher = la.open_searcher(*sys.argv[1:3], export=sys.argv[3])
found = searcher.search(sys.argv[4], k=3, where="label != '0'", exclude_query=True)
list(searcher.search_many([sys.argv[4], la.Like(sys.argv[4])], k=200, where="width = 8"))
print(found.hits[0].label, len(found.predictions))
"""


def python(
    code: str, *arguments: object, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        cwd=folder,
        text=True,
        capture_output=True,
    )


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path, tiny_index: Path, tiny_export: Path) -> Path:
    """A folder with what `lookalike search` needs: pipeline, model, export and index."""
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    (tmp_path / "params.yaml").write_text("machine:\n  runtime: auto\n")
    for name, folder in {"model": tiny_model, "index": tiny_index, "export": tiny_export}.items():
        shutil.copytree(folder, tmp_path / "models" / name)
    return tmp_path


@pytest.fixture(scope="module")
def exported(tiny_model: Path, tiny_index: Path, tiny_export: Path) -> Searcher:
    return open_searcher(tiny_model, tiny_index, runtime="onnxruntime", export=tiny_export)


@pytest.fixture(scope="module")
def by_torch(tiny_model: Path, tiny_index: Path) -> Searcher:
    return open_searcher(tiny_model, tiny_index, runtime="torch")


def test_the_library_searches_without_torch(
    tiny_model: Path, tiny_index: Path, tiny_export: Path, tiny_source: Path
) -> None:
    image = tiny_source / "3/03.png"
    done = python(WITHOUT_TORCH + SEARCH, tiny_model, tiny_index, tiny_export, image)
    assert (done.stdout, done.stderr) == ("3 5\n", "")


def test_the_command_searches_without_torch(project: Path, tiny_source: Path) -> None:
    code = WITHOUT_TORCH + "from lookalike.cli import main; main()"
    done = python(code, "search", tiny_source / "3/03.png", "--json", folder=project)
    assert done.stderr == ""
    assert json.loads(done.stdout)["hits"][0]["path"] == "3/03.png"


def test_a_project_opens_its_searcher_without_torch(project: Path, tiny_source: Path) -> None:
    code = "import lookalike as la; s = la.open_project('.').searcher(); s.search(sys.argv[1])"
    done = python(WITHOUT_TORCH + code, tiny_source / "3/03.png", folder=project)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["0/00.png", "2/07.png", "5/19.png"])
def test_the_answers_are_those_of_torch(
    name: str, exported: Searcher, by_torch: Searcher, tiny_source: Path
) -> None:
    image = tiny_source / name
    queries: list[Query] = [image, Like(image, unlike=[tiny_source / "1/01.png"])]
    for found, expected in zip(
        exported.search_many(queries, k=20), by_torch.search_many(queries, k=20), strict=True
    ):
        similarities = [hit.similarity for hit in found.hits]
        assert similarities == pytest.approx([hit.similarity for hit in expected.hits], abs=1e-5)
        assert found.hits[0] == expected.hits[0]
        for guess, other in zip(found.predictions, expected.predictions, strict=True):
            assert guess.label == other.label
            assert guess.probability == pytest.approx(other.probability, abs=1e-4)


def test_any_number_of_images_is_embedded_at_once(exported: Searcher, tiny_source: Path) -> None:
    paths = sorted(tiny_source.rglob("*.png"))[:45]
    found = [result.hits[0] for result in exported.search_many(paths, k=1)]
    assert [hit.source for hit in found] == [str(path) for path in paths]


def test_pictures_of_examples_are_those_that_the_network_sees(exported: Searcher) -> None:
    image = Image.fromarray(np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3))
    assert exported.search(image, k=1).grid().width > 32


def test_by_default_an_export_beside_the_model_is_taken(project: Path) -> None:
    models = project / "models"
    (models / "model" / "training_images.txt").unlink()
    weights = models / "model" / "weights.safetensors"
    searcher = open_searcher(models / "model", models / "index")
    weights.unlink()  # torch would need it
    row = searcher.index.ids[7]
    assert searcher.search(ById(row), k=1).hits[0].id == row
    assert searcher.search(Image.new("RGB", (9, 9)), k=1).predictions


def test_an_export_and_an_index_are_enough(project: Path, tiny_source: Path) -> None:
    shutil.rmtree(project / "models" / "model")
    for name in ("dvc.yaml", "params.yaml"):
        (project / name).unlink()
    code = WITHOUT_TORCH + "from lookalike.cli import main; main()"
    done = python(code, "search", tiny_source / "3/03.png", "--json", folder=project)
    assert done.stderr == ""
    assert json.loads(done.stdout)["hits"][0]["path"] == "3/03.png"


def test_without_model_and_export_it_is_one_line(
    tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(str(tmp_path), "missing"):
        open_searcher(tmp_path / "model", tiny_index)


def test_without_an_export_torch_searches(
    tiny_model: Path, tiny_index: Path, tmp_path: Path, tiny_source: Path
) -> None:
    searcher = open_searcher(tiny_model, tiny_index, export=tmp_path / "none")
    assert searcher.search(tiny_source / "3/03.png").hits[0].path == "3/03.png"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.json", b"{}"),
        ("model.json", b"\xff"),
        ("model.onnx", b""),
        ("model.onnx", b"no graph" * 1000),
    ],
)
def test_a_broken_export_is_a_line_and_torch_searches(
    file: str,
    content: bytes,
    project: Path,
    tiny_source: Path,
    capsys: pytest.CaptureFixture[str],
    one_line_error: OneLineError,
) -> None:
    models = project / "models"
    (models / "export" / file).write_bytes(content)
    searcher = open_searcher(models / "model", models / "index")
    (line,) = capsys.readouterr().err.splitlines()
    assert str(models / "export") in line
    assert searcher.search(tiny_source / "3/03.png").hits[0].path == "3/03.png"
    with one_line_error(str(models / "export"), "dvc", kind=DataError):
        open_searcher(models / "model", models / "index", runtime="onnxruntime")


def test_an_export_of_another_model_is_not_taken(
    project: Path, capsys: pytest.CaptureFixture[str], one_line_error: OneLineError
) -> None:
    models = project / "models"
    path = models / "export" / "model.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"model_sha256": "f" * 64}))
    open_searcher(models / "model", models / "index")
    assert "was exported from the model ffffffffffff" in capsys.readouterr().err
    with one_line_error("was exported from the model ffffffffffff", kind=DataError):
        open_searcher(models / "model", models / "index", runtime="onnxruntime")


def test_a_missing_export_that_was_asked_for_is_one_line(
    tiny_model: Path, tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing", "dvc repro export", kind=NotReadyError):
        open_searcher(tiny_model, tiny_index, runtime="onnxruntime", export=tmp_path)


def test_a_model_without_a_graph_is_searched_with_by_torch(
    project: Path, capsys: pytest.CaptureFixture[str], one_line_error: OneLineError
) -> None:
    models = project / "models"
    write_refusal(models / "export", load_model(models / "model"), "onnx", "no such operator")
    open_searcher(models / "model", models / "index")
    assert capsys.readouterr().err == ""
    with one_line_error("no such operator", "torch", kind=ConfigError):
        open_searcher(models / "model", models / "index", runtime="onnxruntime")


def test_an_index_in_bf16_is_not_asked_in_fp32(project: Path, one_line_error: OneLineError) -> None:
    models = project / "models"
    path = models / "index" / "index.json"
    content = json.loads(path.read_text())
    content["numerics"]["precision"] = "bf16"
    path.write_text(json.dumps(content))
    open_searcher(models / "model", models / "index")
    with one_line_error("bf16", "torch", kind=ConfigError):
        open_searcher(models / "model", models / "index", runtime="onnxruntime")
