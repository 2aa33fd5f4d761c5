"""A real project with stages that take no time: a Git repository, DVC, data, a curve, a metric."""

import shutil
from pathlib import Path

import pytest
from tests.pipeline.conftest import REPOSITORY, Project, copy

# What it measures is best at a learning rate of 0.001, without weight decay.
TRAIN = """
import json, math, os, sys, time
from pathlib import Path
from ruamel.yaml import YAML

params = YAML(typ="safe").load(Path("params.yaml"))
lr, decay = params["train"]["lr"], params["train"]["weight_decay"]
best = int(Path("data.txt").read_text())  # the negative exponent of the best learning rate
value = 1 - abs(math.log10(lr) + best) / 10 - decay + params["base"]["seed"] / 1000
if (once := os.environ.get("FAIL_ONCE")) and not Path(once).exists():
    Path(once).touch()
    sys.exit("out of luck")
if decay > 0.9:
    sys.exit("decayed")
curve = Path("metrics/train/curve.tsv")
curve.parent.mkdir(parents=True, exist_ok=True)
with curve.open("w") as file:
    print("step", "value", sep="\\t", file=file)
    for step in range(1, 5):
        print(step, value * step / 4, sep="\\t", file=file, flush=True)
        time.sleep(float(os.environ.get("STEP_SECONDS", 0)))
Path("metrics/train.json").write_text(json.dumps({
    "valid_accuracy": value,
    "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
    "cores": len(os.sched_getaffinity(0)),
}))
"""
PIPELINE = """
stages:
  ingest:
    cmd: echo 3 > data.txt
    outs: [data.txt]
  train:
    cmd: python train.py
    deps: [train.py, data.txt]
    params: [base.seed, train.lr, train.weight_decay]
    outs:
      - metrics/train: {cache: false}
    metrics:
      - metrics/train.json: {cache: false}
  evaluate:
    cmd: echo "{}" > metrics/evaluate.json
    deps: [metrics/train.json]
    metrics:
      - metrics/evaluate.json: {cache: false}
"""
SWEEP = """
space:
  train.lr: {log_range: [1.0e-5, 1.0e-1]}
  train.weight_decay: {range: [0.0, 0.5]}
metric: metrics/train.json:valid_accuracy
"""


@pytest.fixture(scope="session")
def _small_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("small") / "project")
    project.root.mkdir()
    project.run("git", "init", "--quiet", "--initial-branch", "main")
    project.run("git", "config", "user.name", "Test")
    project.run("git", "config", "user.email", "test@example.org")
    project.run("dvc", "init", "--quiet")
    shutil.copy(REPOSITORY / "params.yaml", project.root)
    project.path("train.py").write_text(TRAIN)
    project.path("dvc.yaml").write_text(PIPELINE)
    project.path(".gitignore").write_text("/.cache/\n")
    project.path("metrics").mkdir()
    project.path("metrics/train.json").write_text('{"valid_accuracy": 0.5}')
    project.run("dvc", "repro", "ingest")
    project.commit("a project whose data is there")
    return project


@pytest.fixture
def small_project(
    _small_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A copy of the project, in which the current process is."""
    project = copy(_small_project, tmp_path / "project")
    project.environment["PYTHONPATH"] = str(REPOSITORY / "src")
    monkeypatch.chdir(project.root)
    return project


def write_sweep(project: Project, text: str = "", name: str = "small") -> Path:
    """Write a sweep file that adds to `SWEEP`; its path."""
    path = project.path(f"{name}.yaml")
    path.write_text(SWEEP + text)
    return path
