"""What decides the result of a training, as one hash."""

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from lookalike.core.params import BaseParams
from lookalike.images.store import ImageStore
from lookalike.train.params import TrainParams
from lookalike.train.state import run_fingerprint as module
from lookalike.train.state.run_fingerprint import CODE, fingerprint

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def split(tiny_split: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(tiny_split, tmp_path / "split.csv"))


def test_what_changes_nothing_gives_the_same(split: Path, tiny_images: ImageStore) -> None:
    first, second = (
        fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu") for _ in range(2)
    )
    assert first == second
    assert len(first) == 64


def test_other_params_data_or_devices_give_another(
    split: Path, tiny_images: ImageStore, tmp_path: Path
) -> None:
    found = {
        fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu"),
        fingerprint(TrainParams(lr=0.5), BaseParams(), split, tiny_images, "1 x cpu"),
        fingerprint(TrainParams(), BaseParams(seed=1), split, tiny_images, "1 x cpu"),
        fingerprint(TrainParams(), BaseParams(), split, tiny_images, "2 x cpu"),
    }
    split.write_text(split.read_text().replace(",valid\n", ",test\n"))
    found.add(fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu"))
    fewer = tmp_path / "images"
    shutil.copytree(
        tiny_images.folder,
        fewer,
    )
    shutil.copy(next(fewer.iterdir()), fewer / "part-99999.arrow")
    found.add(fingerprint(TrainParams(), BaseParams(), split, ImageStore(fewer), "1 x cpu"))
    assert len(found) == 6


def test_another_file_of_weights_gives_another(
    split: Path, tiny_images: ImageStore, tmp_path: Path
) -> None:
    weights = tmp_path / "weights"
    params = TrainParams(weights=str(weights))
    weights.write_text("one")
    one = fingerprint(params, BaseParams(), split, tiny_images, "1 x cpu")
    weights.write_text("other")
    assert fingerprint(params, BaseParams(), split, tiny_images, "1 x cpu") != one


def test_other_code_gives_another(
    split: Path, tiny_images: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu")
    package = tmp_path / "src" / "lookalike"
    shutil.copytree(module.PACKAGE, package)
    shutil.copy(module.PACKAGE.parent / "train.py", package.parent)
    monkeypatch.setattr(module, "PACKAGE", package)
    assert fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu") == before
    with (package / "train" / "loop.py").open("a") as file:
        file.write("# a comment\n")
    assert fingerprint(TrainParams(), BaseParams(), split, tiny_images, "1 x cpu") != before


def test_the_code_is_what_dvc_yaml_declares() -> None:
    stage = YAML(typ="safe").load(REPOSITORY / "dvc.yaml")["stages"]["train"]
    assert [f"src/{name}" for name in CODE] == [
        name for name in stage["deps"] if name.startswith("src/")
    ]
