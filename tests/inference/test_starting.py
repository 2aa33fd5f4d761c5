"""The embedder of a stage computes by what `models/inference.json` names, and by nothing else."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.core.errors import ConfigError, DataError
from lookalike.core.layout import Layout
from lookalike.core.params import BaseParams, MachineParams
from lookalike.images.store import ImageStore
from lookalike.inference.embedder import Embedder
from lookalike.inference.embeddings import open_embeddings
from lookalike.inference.engine_model import inference_of
from lookalike.inference.numerics import Numerics
from lookalike.inference.starting import start_embedder
from lookalike.model.artifact import load_model
from lookalike.project.project import Project

OneLineError = Callable[..., AbstractContextManager[None]]

BASE = BaseParams(threads=1, inference_batch_size=16)


@pytest.fixture
def project(int8_project: Path, tmp_path: Path) -> Layout:
    """A copy of the project in int8, without its cache."""
    ignored = shutil.ignore_patterns(".cache", "metrics")
    shutil.copytree(int8_project, tmp_path / "project", symlinks=True, ignore=ignored)
    return Layout(tmp_path / "project")


def start(project: Layout) -> Embedder:
    return start_embedder(project, BASE, MachineParams(workers=0))


def change(project: Layout, **values: object) -> None:
    content = json.loads(project.inference.read_text())
    project.inference.write_text(json.dumps(content | values))


def test_the_stage_has_embedded_by_the_engine_and_says_so(int8_project: Path) -> None:
    embeddings = open_embeddings(int8_project / "data/embeddings")
    assert embeddings.numerics == Numerics(engine="openvino", precision="int8")


def test_computed_again_or_from_the_cache_the_bytes_are_the_same(
    project: Layout, tiny_images: ImageStore
) -> None:
    expected = open_embeddings(project.embeddings).vectors
    for _ in ("computed", "cached"):
        assert start(project).embed(tiny_images).tobytes() == expected.tobytes()


def test_the_cache_of_one_engine_is_not_that_of_another(
    project: Layout, tiny_images: ImageStore
) -> None:
    in_int8 = start(project).embed(tiny_images)
    change(
        project, numerics={"engine": "torch", "precision": "fp32"}, graph_sha256=None, version=None
    )
    in_fp32 = start(project).embed(tiny_images)
    assert not np.array_equal(in_int8, in_fp32)
    expected = Embedder(load_model(project.model), 16).embed(tiny_images)
    assert in_fp32.tobytes() == expected.tobytes()
    assert len(list((project.cache / "embeddings").glob("*.sqlite"))) == 2


@pytest.mark.parametrize("name", ["graph_sha256", "version"])
def test_another_graph_or_engine_than_the_export_stage_named_is_refused(
    name: str, project: Layout, one_line_error: OneLineError
) -> None:
    change(project, **{name: "another"})
    with one_line_error(str(project.inference), "dvc repro export", kind=DataError):
        start(project)


def test_the_stage_decodes_where_the_file_says(project: Layout) -> None:
    in_fp32 = {"numerics": {"engine": "torch", "precision": "fp32"}, "graph_sha256": None}
    change(project, **in_fp32, version=None, decode="device")
    assert inference_of(start(project).model).decode == "device"


def test_a_cluster_is_not_for_decoding_on_the_device(
    project: Layout, one_line_error: OneLineError
) -> None:
    in_fp32 = {"numerics": {"engine": "torch", "precision": "fp32"}, "graph_sha256": None}
    change(project, **in_fp32, version=None, decode="device")
    with one_line_error("decode: device", "machine.engine: ray", kind=ConfigError):
        start_embedder(project, BASE, MachineParams(engine="ray"))


@pytest.mark.parametrize("content", ["", "{}", '{"numerics": {"engine": "abacus"}}'])
def test_a_broken_file_is_one_line(
    content: str, project: Layout, one_line_error: OneLineError
) -> None:
    project.inference.write_text(content)
    with one_line_error(str(project.inference), "dvc repro export", kind=DataError):
        start(project)


def test_a_project_embeds_as_its_pipeline_does(project: Layout, tiny_images: ImageStore) -> None:
    expected = open_embeddings(project.embeddings).vectors
    assert Project(project).embedder().embed(tiny_images).tobytes() == expected.tobytes()
