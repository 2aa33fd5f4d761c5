"""What cannot change a byte never runs a stage again: a change, and exactly the stages it runs.

Those after a stage run too where its outputs come out differently. `docs/architecture.md` shows the
same table.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dvc.repo import Repo

from .conftest import DIGITS, REPOSITORY, Project, copy

Change = Callable[[Project], None]

ALL = "samples ingest split train evaluate export embed index"


def code(name: str) -> Change:
    """A comment more in a file of code."""

    def change(project: Project) -> None:
        path = project.path(name)
        path.write_text(path.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")

    return change


def param(name: str, value: object) -> Change:
    """Another value in `params.yaml`."""
    return lambda project: project.set_params(**{name.replace(".", "__"): value})


def library(name: str) -> Change:
    """Another version of a library, as the stage `libraries` would write it."""

    def change(project: Project) -> None:
        path = project.path("data/libraries.json")
        versions = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(versions | {name: "999"}), encoding="utf-8")

    return change


def new_image(project: Project) -> None:
    """One more image in the source."""
    project.path(f"../{DIGITS}/0/new.png").write_bytes(b"another")


def correction(project: Project) -> None:
    """One more decision about an image."""
    with project.path("data/corrections.csv").open("a", encoding="utf-8") as file:
        file.write("0/0000.png,,drop,\n")


CHANGES: dict[str, tuple[Change, str]] = {
    "a comment in `terminal/progress.py`": (code("src/lookalike/terminal/progress.py"), ""),
    "a comment in `search/searcher.py`": (code("src/lookalike/search/searcher.py"), ""),
    "a comment in `record/report.py`": (code("src/lookalike/record/report.py"), ""),
    "a comment in `doctor/doctor.py`": (code("src/lookalike/doctor/doctor.py"), ""),
    "a comment in `review/review.py`": (code("src/lookalike/review/review.py"), ""),
    "a comment in `publish/store.py`": (code("src/lookalike/publish/store.py"), ""),
    "a comment in `serve/app.py`": (code("src/lookalike/serve/app.py"), ""),
    "a comment in `bot/running.py`": (code("src/lookalike/bot/running.py"), ""),
    "`machine.workers`": (param("machine.workers", 1), ""),
    "`machine.checkpoint_every`": (param("machine.checkpoint_every", 7), ""),
    "`machine.embedding_cache_gigabytes`": (param("machine.embedding_cache_gigabytes", 1.0), ""),
    "`machine.runtime`": (param("machine.runtime", "torch"), ""),
    "`machine.engine`": (param("machine.engine", "ray"), ""),
    "`publish.keep_versions`": (param("publish.keep_versions", 5), ""),
    "`serve.port`": (param("serve.port", 9000), ""),
    "`bot.neighbors`": (param("bot.neighbors", 3), ""),
    "a color in `figures/grid.py`": (code("src/lookalike/figures/grid.py"), "evaluate"),
    "`evaluate.ranks`": (param("evaluate.ranks", [1]), "evaluate"),
    "the version of matplotlib": (library("matplotlib"), "evaluate"),
    "`base.inference_batch_size`": (param("base.inference_batch_size", 16), "evaluate embed"),
    "a comment in `export/graph.py`": (code("src/lookalike/export/graph.py"), "export"),
    "`base.inference`": (param("base.inference", {"engine": "onnxruntime"}), "export"),
    "the version of onnxruntime": (library("onnxruntime"), "export"),
    "the version of openvino": (library("openvino"), "export"),
    "`index.recall_queries`": (param("index.recall_queries", 10), "index"),
    "the version of annoy": (library("annoy"), "index"),
    "`base.precision`": (param("base.precision", "bf16"), "train"),
    "`train.lr`": (param("train.lr", 0.5), "train"),
    "a comment in `train/recipe/losses.py`": (
        code("src/lookalike/train/recipe/losses.py"),
        "train",
    ),
    "a comment in `src/train.py`": (code("src/train.py"), "train"),
    "`base.threads`": (param("base.threads", 2), "train evaluate export embed"),
    "`base.reproducible`": (
        param("base.reproducible", "machine"),
        "split train evaluate export embed index",
    ),
    "`base.seed`": (param("base.seed", 7), "split train evaluate"),
    "a comment in `retrieval/metrics.py`": (
        code("src/lookalike/retrieval/metrics.py"),
        "train evaluate index",
    ),
    "a comment in `inference/forward.py`": (
        code("src/lookalike/inference/forward.py"),
        "train evaluate export embed index",
    ),
    "the version of torch": (library("torch"), "train evaluate export embed index"),
    "`split.method`": (param("split.method", "per_class"), "split"),
    "a comment in `near_duplicates/links.py`": (
        code("src/lookalike/near_duplicates/links.py"),
        "split",
    ),
    "`ingest.max_pixels`": (param("ingest.max_pixels", 10**6), "ingest"),
    "one more image in the source": (new_image, "ingest"),
    "one more row in `data/corrections.csv`": (correction, "ingest"),
    "a comment in `images/store.py`": (
        code("src/lookalike/images/store.py"),
        "ingest split train evaluate export embed index",
    ),
    "the version of pillow": (library("pillow"), ALL),
    "a comment in `core/files.py`": (code("src/lookalike/core/files.py"), ALL),
}


@pytest.fixture(scope="module")
def run_before(_finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished project of this module's own."""
    project = copy(_finished, tmp_path_factory.mktemp("reruns") / "project")
    assert stages_to_run(project) == set()
    return project


@pytest.fixture
def project(run_before: Project) -> Iterator[Project]:
    """The finished project; what a test changes is taken back."""
    yield run_before
    run_before.run("git", "checkout", "--quiet", "--", ".")
    run_before.path(f"../{DIGITS}/0/new.png").unlink(missing_ok=True)


def stages_to_run(project: Project) -> set[str]:
    """The stages that changed by themselves; the one that always runs is left out."""
    with Repo(str(project.root)) as repo:
        changed = {name.rpartition(":")[2] for name in repo.status()}
    return changed - {"libraries"}


def cases() -> Iterator[Any]:
    """The names of the changes; in all tests alone where another one runs the same stages."""
    tried = set()
    for name, (_, stages) in CHANGES.items():
        yield pytest.param(name, marks=[pytest.mark.full] if stages in tried else [])
        tried.add(stages)


@pytest.mark.parametrize("name", [*cases()])
def test_a_change_runs_exactly_these_stages(project: Project, name: str) -> None:
    change, stages = CHANGES[name]
    change(project)
    assert stages_to_run(project) == set(stages.split())


def test_the_documentation_shows_the_same_table() -> None:
    page = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", page.partition("## What runs again")[2], re.M)
    shown = {change: stages for change, stages in rows if change in CHANGES}
    expected = {
        name: "all" if stages == ALL else ", ".join(stages.split()) or "none"
        for name, (_, stages) in CHANGES.items()
    }
    assert shown == expected
