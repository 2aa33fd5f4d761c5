"""Searching with an export needs no extra; what needs one says which."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

# The modules of the packages that the extras bring, and that searching may not import.
EXTRAS = [
    "aiohttp",
    "aiolimiter",
    "bson",
    "dotenv",
    "duckdb",
    "dvc",
    "dvc_s3",
    "dvclive",
    "faiss",
    "fastapi",
    "filelock",
    "fsspec",
    "gto",
    "httptools",
    "httpx",
    "jinja2",
    "lancedb",
    "lightning_fabric",
    "matplotlib",
    "mlflow",
    "multipart",
    "nncf",
    "obstore",
    "onnx",
    "open_clip",
    "openvino",
    "optuna",
    "prometheus_client",
    "psutil",
    "psycopg",
    "pymongo",
    "pystac",
    "pytorch_metric_learning",
    "rasterio",
    "ray",
    "s3fs",
    "scipy",
    "sklearn",
    "stac_geoparquet",
    "starlette",
    "telegram",
    "tenacity",
    "threadpoolctl",
    "timm",
    "torch",
    "torchvision",
    "umap",
    "uvicorn",
]
WITHOUT_EXTRAS = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS}))"
SEARCH = """
import json
import lookalike as la
models = sys.argv[1]
result = la.open_searcher(f"{models}/model", f"{models}/index").search(sys.argv[2], k=3)
print(json.dumps([hit.path for hit in result.hits]))
"""


def python(
    code: str, *arguments: object, program: object = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), "-c", code, *map(str, arguments)],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        cwd=REPOSITORY,
        text=True,
        capture_output=True,
    )


@pytest.fixture
def models(tmp_path: Path, tiny_index: Path, tiny_export: Path) -> Path:
    """The folder `models` of a project, with what searching needs at least."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "index").symlink_to(tiny_index)
    (folder / "export").symlink_to(tiny_export)
    return folder


def test_searching_from_python_needs_no_extra(models: Path, tiny_source: Path) -> None:
    image = tiny_source / "3/03.png"
    code = WITHOUT_EXTRAS + SEARCH
    done = python(code, models, image, PYTHONPATH=str(REPOSITORY / "src"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0] == "3/03.png"


def test_searching_from_the_command_line_needs_no_extra(models: Path, tiny_source: Path) -> None:
    places = ("--model", models / "model", "--index", models / "index")
    code = f"{WITHOUT_EXTRAS}; from lookalike.cli import main; main()"
    image = tiny_source / "3/03.png"
    done = python(code, "search", image, *places, PYTHONPATH=str(REPOSITORY / "src"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("code", "extra"),
    [
        ("la.open_embedder", "torch"),
        ("la.evaluate_retrieval", "torch"),
        ("la.open_searcher('model', 'index', runtime='torch')", "torch"),
        ("la.SearchResult('', [], []).grid()", "figures"),
    ],
)
def test_what_needs_an_extra_from_python_says_in_one_line_how_to_install_it(
    code: str, extra: str, models: Path
) -> None:
    code = f"{WITHOUT_EXTRAS}; import os; os.chdir({str(models)!r}); import lookalike as la; {code}"
    done = python(code, PYTHONPATH=str(REPOSITORY / "src"))
    assert done.returncode == 1
    assert done.stderr.endswith(f"is missing: pip install 'lookalike[{extra}]'\n")
    assert "LookalikeError: " in done.stderr.splitlines()[-1]


def test_without_torch_a_model_that_has_no_export_is_told_to_be_exported(
    tiny_model: Path, tiny_index: Path
) -> None:
    code = f"{WITHOUT_EXTRAS}; from lookalike.cli import main; main()"
    places = ("--model", tiny_model, "--index", tiny_index)
    done = python(code, "search", "image.png", *places, PYTHONPATH=str(REPOSITORY / "src"))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "missing; run dvc repro export, or dvc pull" in line


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("check", "pipeline"),
        ("publish", "publish"),
        ("serve", "serve"),
        ("bot", "bot"),
        ("sweep sweeps/digits.yaml", "sweep"),
    ],
)
def test_a_command_without_its_packages_says_in_one_line_how_to_install_them(
    command: str, extra: str
) -> None:
    code = f"{WITHOUT_EXTRAS}; from lookalike.cli import main; main()"
    done = python(code, *command.split(), PYTHONPATH=str(REPOSITORY / "src"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.endswith(f"pip install 'lookalike[{extra}]'\n")


@pytest.mark.full
def test_the_wheel_alone_searches(tmp_path: Path, models: Path, tiny_source: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, str(REPOSITORY)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    program = tmp_path / "venv" / "bin" / "python"
    outside = {**os.environ, "PYTHONPATH": ""}  # else pip sees the package that is tested here
    install = [program, "-m", "pip", "install", "--quiet", str(wheel)]
    subprocess.run(install, check=True, env=outside)
    for name in ("dvc", "matplotlib", "mlflow", "pymongo", "torch"):
        assert python(f"import {name}", program=program, PYTHONPATH="").returncode == 1
    image = tiny_source / "3/03.png"
    code = "import sys" + SEARCH
    done = python(code, models, image, program=program, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0] == "3/03.png"
