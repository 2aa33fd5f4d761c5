"""Engines compute an exported graph; the same again, and close to what torch computes."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from lookalike.core.choices import Engine, Precision
from lookalike.core.errors import ConfigError, DataError
from lookalike.export.parity import TOLERANCE, compared_images
from lookalike.images.store import ImageStore
from lookalike.inference.exported import read_export
from lookalike.inference.numerics import Numerics
from lookalike.inference.runtimes.graph import open_graph
from lookalike.inference.runtimes.openvino import openvino_core
from lookalike.inference.runtimes.runtime import Runtime
from lookalike.inference.runtimes.torch import open_torch
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.model.preprocessing import ImageSize

OneLineError = Callable[..., AbstractContextManager[None]]

BF16 = "BF16" in openvino_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
KINDS: list[tuple[Engine, Precision]] = [
    ("onnxruntime", "fp32"),
    ("onnxruntime", "int8"),
    ("openvino", "fp32"),
    ("openvino", "int8"),
    *([("openvino", "bf16")] if BF16 else []),
]


@pytest.fixture(scope="module")
def pixels(tiny_images: ImageStore) -> np.ndarray:
    return compared_images(tiny_images, ImageSize(resize=32, crop=32))[:16]


def opened(project: Path, engine: Engine, precision: Precision) -> Runtime:
    model_sha256 = fingerprint(project / "models/model")
    numerics = Numerics(engine=engine, precision=precision)
    return open_graph(project / "models/export", model_sha256, numerics, threads=1)


@pytest.mark.parametrize(("engine", "precision"), KINDS)
def test_an_engine_computes_nearly_what_torch_does(
    engine: Engine, precision: Precision, int8_project: Path, pixels: np.ndarray
) -> None:
    runtime = opened(int8_project, engine, precision)
    found = runtime.run(pixels)
    expected = open_torch(int8_project / "models/model", "fp32").run(pixels)
    assert found.embeddings.dtype == np.float32
    assert found.logits is not None and found.logits.shape == (16, 6)
    ours, theirs = (
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        for vectors in (found.embeddings, expected.embeddings)
    )
    if precision == "fp32":
        assert np.abs(ours - theirs).max() <= TOLERANCE
    else:
        assert 0.99 < (ours * theirs).sum(axis=1).min() < 1 - 1e-9
    assert runtime.run(pixels).embeddings.tobytes() == found.embeddings.tobytes()


@pytest.mark.parametrize(("engine", "precision"), KINDS)
def test_an_image_has_the_same_bytes_whatever_else_is_in_its_batch(
    engine: Engine, precision: Precision, int8_project: Path, pixels: np.ndarray
) -> None:
    runtime = opened(int8_project, engine, precision)
    among = runtime.run(pixels).embeddings
    alone = runtime.run(np.concatenate([pixels[:1], np.zeros_like(pixels[1:])])).embeddings
    assert alone[0].tobytes() == among[0].tobytes()


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_damaged_graph_is_one_line(
    engine: Engine, int8_project: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    shutil.copytree(int8_project / "models", tmp_path / "models")
    path = tmp_path / "models/export/model.int8.onnx"
    path.write_bytes(path.read_bytes()[:1000])
    with one_line_error(str(path), "dvc repro export", kind=DataError):
        opened(tmp_path, engine, "int8")


def test_what_openvino_cannot_read_is_one_line(
    int8_project: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    from lookalike.inference.runtimes.openvino import OpenVinoRuntime

    path = tmp_path / "model.onnx"
    path.write_bytes(b"no graph" * 100)
    with one_line_error(str(path), "dvc repro export", kind=DataError):
        OpenVinoRuntime(path, read_export(int8_project / "models/export"), "fp32")


def test_a_graph_that_was_not_quantized_is_not_computed_in_int8(
    tiny_model: Path, tiny_export: Path, one_line_error: OneLineError
) -> None:
    int8 = Numerics(engine="openvino", precision="int8")
    with one_line_error(str(tiny_export), "no graph in int8", kind=ConfigError):
        open_graph(tiny_export, fingerprint(tiny_model), int8)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_several_threads_may_ask_at_once(
    engine: Engine, int8_project: Path, pixels: np.ndarray
) -> None:
    runtime = opened(int8_project, engine, "fp32")
    expected = [runtime.run(pixels[n : n + 1]).embeddings for n in range(8)] * 10
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: runtime.run(pixels[n % 8 : n % 8 + 1]), range(80)))
    assert all(np.array_equal(f.embeddings, e) for f, e in zip(found, expected, strict=True))
