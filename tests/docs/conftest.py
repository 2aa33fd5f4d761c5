"""A project that has been run, and a home folder with photographs, for the pages to work in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.pipeline.conftest import (
    Project,
    _finished,
    _fresh,
    copy,
    name_source_by_whole_path,
    project_made_once,
)

from lookalike.model.vision import models
from services.servers import S3Server, Server

BUCKET = "documentation"
_finished, _fresh = _finished, _fresh  # the fixtures, for the pages as well


@pytest.fixture(scope="session")
def _photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """36 photographs in three folders: crops of two photographs and of one turned upside down."""
    folder = tmp_path_factory.mktemp("home") / "photos"
    temple, flower = (Image.fromarray(load_sample_image(f"{n}.jpg")) for n in ("china", "flower"))
    roof = temple.transpose(Image.Transpose.ROTATE_180)
    for name, picture in {"flower": flower, "roof": roof, "temple": temple}.items():
        (folder / name).mkdir(parents=True)
        for number in range(12):
            left, top = 35 * number, 17 * (number % 5)
            crop = picture.crop((left, top, left + 240, top + 320))
            crop.save(folder / name / f"{number:02d}.jpg")
    return folder


@pytest.fixture(scope="session")
def _weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of torch's downloads with random weights: what is there is not downloaded."""
    folder = tmp_path_factory.mktemp("torch")
    weights = folder / "hub" / "checkpoints" / "mobilenet_v2-7ebf99e0.pth"
    weights.parent.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(models.get_model("mobilenet_v2").state_dict(), weights)
    return folder


@pytest.fixture(scope="session")
def _anywhere(_finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    def name_source(root: Path) -> Project:
        project = copy(_finished, root)
        name_source_by_whole_path(project)
        return project

    return project_made_once(tmp_path_factory, "anywhere", name_source)


@pytest.fixture
def home(
    _anywhere: Project, _photos: Path, _weights: Path, tmp_path: Path
) -> tuple[Project, dict[str, str]]:
    """A home folder with the project and photographs, and an environment like a user's."""
    project = copy(_anywhere, tmp_path / "lookalike")
    shutil.copytree(_photos, tmp_path / "photos")
    pretend_setup(project.root)
    digits = sorted(project.path("data/samples/3").iterdir())
    shutil.copy(digits[0], project.path("photo.png"))
    (project.root / "new").mkdir()
    with Image.open(digits[-1]) as image:  # one that the source does not have
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(project.path("new/1.png"))
    environment = project.environment | {
        "HOME": str(tmp_path),
        "PYTHONPATH": str(project.root / "src"),
        "TORCH_HOME": str(_weights),
        "PAGER": "cat",
    }
    return project, environment


@pytest.fixture
def places(request: pytest.FixtureRequest) -> Callable[[str], tuple[str, dict[str, str]]]:
    """Put real servers in the place of a page's example addresses, and say what they need."""

    def replace(script: str) -> tuple[str, dict[str, str]]:
        environment: dict[str, str] = {}
        if "s3://your-bucket/" in script:
            s3: S3Server = request.getfixturevalue("s3")
            s3.make_bucket(BUCKET)
            script = script.replace("s3://your-bucket/", f"s3://{BUCKET}/")
            environment |= s3.environment
        if (address := "mongodb://user:password@host:27017/lookalike") in script:
            uri: str = request.getfixturevalue("mongodb_uri")
            script = script.replace(address, f"{uri}/lookalike")
        if (address := "http://user:password@host:5000") in script:
            server: Server = request.getfixturevalue("mlflow_server")
            script = script.replace(address, f"http://{server.address}")
        return script, environment

    return replace


def pretend_setup(root: Path) -> None:
    """Give a project the environment that the tests run in, as `make setup` would make one."""
    (root / ".venv").mkdir()
    for name in ("bin", "lib", "include", "pyvenv.cfg"):
        if (source := Path(sys.prefix) / name).exists():
            (root / ".venv" / name).symlink_to(source)
    (root / ".venv" / ".installed").touch()


def run_script(script: str, project: Project, environment: dict[str, str]) -> str:
    """Run a script by bash in the project, ended at its first failure; its output, both streams."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=project.root,
        env=environment | {"PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout
