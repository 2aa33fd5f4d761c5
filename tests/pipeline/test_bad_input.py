"""Bad input: one clear line, an exit code, no traceback."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import Project

FULL = pytest.mark.full


def write_images(folder: Path, count: int, seed: int = 0) -> None:
    """Write PNG files of noise around a color of the folder's own."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng([seed, *folder.name.encode()])
    color = generator.integers(60, 195, 3)
    for number in range(count):
        pixels = color + generator.integers(-40, 40, (40, 40, 3))
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")


def one_line(project: Project, *command: str) -> str:
    """The single line on stderr of a command that fails."""
    errors = project.run(*command, fails=True).stderr.splitlines()
    assert len(errors) == 1, errors
    return errors[0]


def one_line_of_lookalike(project: Project, *arguments: str) -> str:
    """The single line on stderr of a `lookalike` command that fails."""
    errors = project.lookalike(*arguments, fails=True).stderr.splitlines()
    assert len(errors) == 1, errors
    return errors[0]


@FULL
def test_a_missing_source(fresh: Project) -> None:
    fresh.set_params(ingest__source="/no/such/folder")
    wanted = "ingest.source: /no/such/folder: there is no such file or folder"
    assert one_line_of_lookalike(fresh, "check") == f"lookalike: {wanted}"
    assert one_line(fresh, "python", "src/ingest.py") == f"ingest: {wanted}"


@FULL
def test_a_folder_without_images(fresh: Project, tmp_path: Path) -> None:
    (tmp_path / "texts" / "a").mkdir(parents=True)
    (tmp_path / "texts" / "a" / "note.dat").write_text("not an image")
    fresh.set_params(ingest__source=str(tmp_path / "texts"))
    line = one_line(fresh, "python", "src/ingest.py")
    assert "none of its files is an image (1 x not an image of a known format" in line
    assert not fresh.path("data/images").exists()
    assert "is an image" in one_line_of_lookalike(fresh, "check")


def test_bands_without_rasterio(fresh: Project, tmp_path: Path) -> None:
    write_images(tmp_path / "photos" / "cat", 1)
    (tmp_path / "rasterio.py").write_text("raise ImportError")
    fresh.environment["PYTHONPATH"] = str(tmp_path)
    fresh.set_params(ingest__source=str(tmp_path / "photos"), ingest__bands="all")
    line = one_line(fresh, "python", "src/ingest.py")
    assert "need rasterio: pip install 'lookalike[stac]'" in line


@FULL
def test_a_single_class_says_to_set_the_epochs_to_0(fresh: Project, tmp_path: Path) -> None:
    write_images(tmp_path / "photos" / "cat", 5)
    fresh.set_params(ingest__source=str(tmp_path / "photos"))
    assert "train.epochs to 0" in one_line_of_lookalike(fresh, "check")
    fresh.run("python", "src/ingest.py")
    fresh.run("python", "src/split.py")
    line = one_line(fresh, "python", "src/train.py")
    assert line.startswith("train: train.epochs: there is nothing to learn from")
    assert "set it to 0" in line


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("epocs: 3", "train.epocs: there is no such parameter; did you mean train.epochs?"),
        pytest.param(
            "epochs: ten", "train.epochs = 'ten': input should be a valid integer", marks=FULL
        ),
        pytest.param("lr: -1", "train.lr = -1: input should be greater than 0", marks=FULL),
        pytest.param(
            "{epochs: 1, warmup_epochs: 1.0}",
            "train: warmup_epochs = 1 should be below epochs = 1",
            marks=FULL,
        ),
    ],
)
def test_a_wrong_parameter(fresh: Project, text: str, problem: str) -> None:
    block = text if text.startswith("{") else f"{{{text}}}"
    fresh.path("params.yaml").write_text(f"train: {block}\n")
    assert one_line_of_lookalike(fresh, "check") == f"lookalike: params.yaml: {problem}"
    assert one_line(fresh, "python", "src/train.py") == f"train: params.yaml: {problem}"


@FULL
def test_an_index_of_another_model(finished: Project) -> None:
    description = finished.path("models/model/model.json")
    description.write_text(description.read_text().replace('"temperature": ', '"temperature": 1'))
    line = one_line_of_lookalike(finished, "search", "data/samples/3/0003.png")
    assert "was built with the model" in line
    assert "run embed and index again" in line


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "empty file", marks=FULL),
        pytest.param(b"not an image", "not an image of a known format", marks=FULL),
        (None, "broken image"),
    ],
)
def test_a_query_that_is_no_image(finished: Project, content: bytes | None, problem: str) -> None:
    whole = finished.path("data/samples/3/0003.png").read_bytes()
    finished.path("query.png").write_bytes(whole[:-40] if content is None else content)
    line = one_line_of_lookalike(finished, "search", "query.png")
    assert line.startswith("lookalike: query.png: cannot be searched for")
    assert problem in line
