"""An index remembers what computed it, and queries are computed so that they agree with it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import ConfigError, NotReadyError
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]

SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("choice", ["auto", "openvino"])
def test_an_index_in_int8_is_asked_by_its_own_engine(
    choice: RuntimeChoice, int8_project: Path, tiny_source: Path
) -> None:
    models = int8_project / "models"
    searcher = open_searcher(models / "model", models / "index", runtime=choice)
    for name in ("0/00.png", "3/03.png"):
        first = searcher.search(tiny_source / name, k=1).hits[0]
        assert (first.path, first.similarity) == (name, pytest.approx(1, abs=1e-4))


@pytest.mark.parametrize("choice", ["onnxruntime", "torch"])
def test_and_by_no_other_one(
    choice: RuntimeChoice, int8_project: Path, one_line_error: OneLineError
) -> None:
    models = int8_project / "models"
    with one_line_error("computed by openvino in int8", choice, "auto", kind=ConfigError):
        open_searcher(models / "model", models / "index", runtime=choice)


def test_without_its_graph_there_is_no_way_around(
    int8_project: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    models = int8_project / "models"
    with one_line_error("missing", "dvc repro export", kind=NotReadyError):
        open_searcher(models / "model", models / "index", export=tmp_path)


def test_openvino_answers_as_torch_does_where_the_export_was_compared_by_it(
    tiny_model: Path, tiny_index: Path, tiny_export: Path, tiny_source: Path
) -> None:
    image = tiny_source / "2/07.png"
    answers = [
        open_searcher(tiny_model, tiny_index, runtime=runtime, export=tiny_export).search(image, 20)
        for runtime in ("openvino", "torch")
    ]
    found, expected = ([hit.similarity for hit in answer.hits] for answer in answers)
    assert found == pytest.approx(expected, abs=1e-5)
    assert answers[0].hits[0] == answers[1].hits[0]


def test_an_export_that_openvino_was_not_compared_with_is_not_taken(
    tiny_model: Path,
    tiny_index: Path,
    tiny_export: Path,
    tmp_path: Path,
    one_line_error: OneLineError,
) -> None:
    export = shutil.copytree(tiny_export, tmp_path / "export")
    path = export / "model.json"
    text = path.read_text()
    assert '"openvino"' in text
    path.write_text(text.replace('"openvino"', '"onnxruntime"'))
    with one_line_error("was not compared with openvino", kind=ConfigError):
        open_searcher(tiny_model, tiny_index, runtime="openvino", export=export)


def test_a_search_imports_the_engine_that_computes_and_no_other(
    int8_project: Path, tiny_model: Path, tiny_index: Path, tiny_export: Path, tiny_source: Path
) -> None:
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(sys.argv[5:]))\n"
        "import lookalike as la\n"
        "searcher = la.open_searcher(*sys.argv[1:3], export=sys.argv[3])\n"
        "print(searcher.search(sys.argv[4], k=1).hits[0].path)"
    )
    models = int8_project / "models"
    in_int8 = (models / "model", models / "index", models / "export")
    in_fp32 = (tiny_model, tiny_index, tiny_export)
    for folders, others in ((in_int8, "onnxruntime"), (in_fp32, "openvino")):
        blocked = ("torch", "torchvision", "nncf", others)
        arguments = [*folders, tiny_source / "3/03.png", *blocked]
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            text=True,
            capture_output=True,
        )
        assert (done.stdout, done.stderr) == ("3/03.png\n", "")


def test_without_its_package_a_line_says_how_to_install_it(
    int8_project: Path, monkeypatch: pytest.MonkeyPatch, one_line_error: OneLineError
) -> None:
    monkeypatch.delitem(sys.modules, "lookalike.inference.runtimes.openvino", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    models = int8_project / "models"
    with one_line_error("openvino is missing: pip install 'lookalike[openvino]'"):
        open_searcher(models / "model", models / "index")
