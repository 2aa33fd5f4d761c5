"""Where a run of MLflow comes from, and the export as a model of MLflow's own."""

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

from lookalike.core.hashing import sha256_of_file
from lookalike.core.json_file import to_json, write_json
from lookalike.core.layout import Layout
from lookalike.inference.exported import EMBEDDING, read_export
from lookalike.inference.runtimes.onnxruntime import OnnxRuntime
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.record.mlflow_run import mirror

from .conftest import SECRET, Tracked

OneLineError = Callable[..., AbstractContextManager[None]]
DATA, SPLIT = "5d" * 16, "ab" * 32


def git(root: Path, *arguments: str) -> str:
    environment = {name: text for name, text in os.environ.items() if "GIT_" not in name}
    names = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *names, *arguments],
        cwd=root,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def committed(project: Path, tiny_export: Path) -> Path:
    """A project whose whole pipeline has run, committed."""
    shutil.copytree(tiny_export, project / "models/export")
    outs = [{"path": "data/images", "md5": f"{DATA}.dir"}]
    lock = to_json({"schema": "2.0", "stages": {"ingest": {"outs": outs}}})
    (project / "dvc.lock").write_text(lock)
    (project / ".gitignore").write_text("/models/\n")
    counts = {"images": 120, "classes": 6, "train": 84, "valid": 18, "test": 18}
    write_json(project / "metrics/split.json", {**counts, "sha256": SPLIT})
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "results")
    return project


@pytest.mark.full
def test_its_tags_name_commit_data_split_and_lock(committed: Path, tracked: Tracked) -> None:
    mirror(Layout(committed))
    [run] = tracked.runs()
    expected = {
        "mlflow.source.git.commit": git(committed, "rev-parse", "HEAD"),
        "lookalike.uncommitted": "false",
        "lookalike.dvc_lock_sha256": sha256_of_file(committed / "dvc.lock"),
        "lookalike.data_md5": DATA,
        "lookalike.split_sha256": SPLIT,
    }
    assert {name: run.data.tags.get(name) for name in expected} == expected


@pytest.mark.full
def test_results_that_are_not_committed_are_marked_until_they_are(
    committed: Path, tracked: Tracked
) -> None:
    with (committed / "dvc.lock").open("a") as file:
        file.write("\n")
    mirror(Layout(committed))
    assert tracked.runs()[0].data.tags["lookalike.uncommitted"] == "true"
    git(committed, "commit", "--quiet", "--all", "--message", "results")
    assert "has everything already" in mirror(Layout(committed))
    [run] = tracked.runs()
    assert run.data.tags["lookalike.uncommitted"] == "false"
    assert run.data.tags["mlflow.source.git.commit"] == git(committed, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("source", "kind", "address"),
    [
        (f"https://me:{SECRET}@example.org/photos.zip", "HTTPDatasetSource", "example.org"),
        *(
            pytest.param(source, kind, source, marks=pytest.mark.full)
            for source, kind in (
                ("s3://bucket/photos", "S3ArtifactDatasetSource"),
                ("data/samples", "LocalArtifactDatasetSource"),
            )
        ),
    ],
)
def test_the_data_set_is_an_input_whose_source_mlflow_understands(
    source: str, kind: str, address: str, committed: Path, tracked: Tracked
) -> None:
    import mlflow.data

    text = f"ingest: {{source: '{source}'}}\ntrain: {{backbone: cnn}}\n"
    (committed / "params.yaml").write_text(text)
    mirror(Layout(committed))
    mirror(Layout(committed))
    [run] = tracked.runs()
    [given] = run.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == (Path(source).name, DATA)
    assert {tag.key: tag.value for tag in given.tags} == {"mlflow.data.context": "training"}
    assert json.loads(given.dataset.profile)["train"] == 84
    found = mlflow.data.get_source(given)
    assert type(found).__name__ == kind
    assert address in given.dataset.source
    assert SECRET not in given.dataset.source


@pytest.mark.full
def test_the_export_is_a_model_that_mlflow_loads(
    committed: Path, tracked: Tracked, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    assert "now has train, evaluate and export" in mirror(Layout(committed))
    [run] = tracked.runs()
    mlflow.set_tracking_uri(tracked.address)
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/export")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), np.uint8)
    export = read_export(committed / "models/export")
    assert export.file is not None
    expected = OnnxRuntime(committed / "models/export" / export.file.name, export)
    outputs = model.predict({"images": pixels})
    np.testing.assert_allclose(outputs[EMBEDDING], expected.run(pixels).embeddings, atol=1e-5)


@pytest.mark.full
def test_registered_on_request_it_is_one_version_a_model(committed: Path, tracked: Tracked) -> None:
    name = tracked.experiment
    mirror(Layout(committed))
    assert tracked.client.search_model_versions(f"name = '{name}'") == []
    assert mirror(Layout(committed), register=name).endswith(f"is version 1 of the model {name}")
    assert mirror(Layout(committed), register=name).endswith(f"is version 1 of the model {name}")
    (committed / "params.yaml").write_text("train: {backbone: other}\n")
    assert mirror(Layout(committed), register=name).endswith(f"is version 2 of the model {name}")
    versions = tracked.client.search_model_versions(f"name = '{name}'")
    assert {each.run_id for each in versions} == {run.info.run_id for run in tracked.runs()}
    assert {each.tags["lookalike.data_md5"] for each in versions} == {DATA}
    assert {each.status for each in versions} == {"READY"}


@pytest.mark.full
def test_an_export_of_another_model_is_neither_shown_nor_registered(
    committed: Path, tracked: Tracked, one_line_error: OneLineError
) -> None:
    with (committed / "models/model/model.json").open("a") as file:
        file.write(" ")
    assert read_export(committed / "models/export").model_sha256 != fingerprint(
        committed / "models/model"
    )
    assert mirror(Layout(committed)).endswith("now has train")
    with one_line_error("models/export: holds no graph of", "dvc repro export"):
        mirror(Layout(committed), register="digits")


@pytest.mark.full
def test_mlflow_skinny_is_enough(committed: Path, tracked: Tracked) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['pandas', 'flask', 'sqlalchemy']))\n"
        "from pathlib import Path\n"
        "from lookalike.core.layout import Layout\n"
        "from lookalike.record.mlflow_run import mirror\n"
        f"print(mirror(Layout(Path({str(committed)!r})), register='skinny'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("is version 1 of the model skinny\n"), done.stderr
