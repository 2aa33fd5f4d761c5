"""The key of an embedding cache."""

from pathlib import Path

import pytest
import torch

from lookalike.images.bands import Bands
from lookalike.inference import cache_key as keys
from lookalike.inference.cache_key import (
    CacheSettings,
    embedding_cache_key,
    open_embedding_cache,
    processor,
)
from lookalike.inference.inference_file import Inference
from lookalike.inference.numerics import BY_DEFAULT, Numerics
from lookalike.model.artifact import Model

IN_FP32 = Inference(numerics=BY_DEFAULT)
IN_INT8 = Inference(
    numerics=Numerics(engine="openvino", precision="int8"), graph_sha256="a", version="1"
)


def test_the_same_model_images_and_batch_have_the_same_key() -> None:
    assert embedding_cache_key("m", None, 32, IN_FP32) == embedding_cache_key(
        "m", None, 32, IN_FP32
    )


def test_another_model_or_batch_shape_has_another_key() -> None:
    pairs = [("m", 32), ("n", 32), ("m", 16)]
    assert len({embedding_cache_key(model, None, size, IN_FP32) for model, size in pairs}) == 3


def test_other_bands_have_another_key() -> None:
    choices = [None, Bands(chosen=(1, 2, 3)), Bands(chosen=(3, 2, 1))]
    assert len({embedding_cache_key("m", bands, 32, IN_FP32) for bands in choices}) == 3


@pytest.mark.parametrize(
    "inference",
    [
        IN_FP32.model_copy(update={"numerics": Numerics(engine="torch", precision="bf16")}),
        IN_FP32.model_copy(update={"decode": "device"}),
        IN_INT8.model_copy(update={"graph_sha256": "b"}),
        IN_INT8.model_copy(update={"version": "2"}),
    ],
)
def test_another_engine_precision_graph_version_or_decoder_has_another_key(
    inference: Inference,
) -> None:
    keys = [embedding_cache_key("m", None, 32, each) for each in (IN_FP32, IN_INT8, inference)]
    assert len(set(keys)) == 3


def test_another_number_of_threads_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = embedding_cache_key("m", None, 32, IN_FP32)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert embedding_cache_key("m", None, 32, IN_FP32) != before


@pytest.mark.parametrize("library", keys.LIBRARIES)
def test_another_version_of_a_library_has_another_key(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_version", lambda _: "1")
    before = embedding_cache_key("m", None, 32, IN_FP32)
    monkeypatch.setattr(keys, "_version", lambda name: "2" if name == library else "1")
    assert embedding_cache_key("m", None, 32, IN_FP32) != before


def test_another_processor_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = embedding_cache_key("m", None, 32, IN_FP32)
    monkeypatch.setattr(keys, "processor", lambda: "another")
    assert embedding_cache_key("m", None, 32, IN_FP32) != before
    assert processor()


def test_another_line_of_the_code_has_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for line in ("a = 1", "a = 2"):
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / "x.py").write_text(line)
        monkeypatch.setattr(keys, "PACKAGE", tmp_path)
        found.append(embedding_cache_key("m", None, 32, IN_FP32))
    assert found[0] != found[1]


def test_the_cache_lies_in_the_folder_that_is_named(model: Model, tmp_path: Path) -> None:
    with open_embedding_cache(model, None, 32, CacheSettings(tmp_path, 1.0)) as cache:
        assert cache.path.parent == tmp_path / "embeddings"
