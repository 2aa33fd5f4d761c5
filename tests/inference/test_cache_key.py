"""Under which key embeddings are remembered."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from lookalike.core.params import MachineParams
from lookalike.images.bands import Bands
from lookalike.inference import cache_key as keys
from lookalike.inference.cache_key import embedding_cache_key, open_embedding_cache, processor
from lookalike.model.artifact import Model


def test_the_same_model_images_and_batch_have_the_same_key(tiny_images: Path) -> None:
    assert embedding_cache_key("m", tiny_images, 32) == embedding_cache_key("m", tiny_images, 32)


def test_another_model_or_batch_shape_has_another_key(tiny_images: Path) -> None:
    pairs = [("m", 32), ("n", 32), ("m", 16)]
    assert len({embedding_cache_key(model, tiny_images, size) for model, size in pairs}) == 3


def test_other_bands_have_another_key(tile_images: Callable[[Bands], Path]) -> None:
    stores = [tile_images(Bands(chosen=chosen)) for chosen in [(1, 2, 3), (3, 2, 1)]]
    assert embedding_cache_key("m", stores[0], 32) != embedding_cache_key("m", stores[1], 32)


def test_another_number_of_threads_has_another_key(
    tiny_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embedding_cache_key("m", tiny_images, 32)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 77)
    assert embedding_cache_key("m", tiny_images, 32) != before


@pytest.mark.parametrize("library", keys.LIBRARIES)
def test_another_version_of_a_library_has_another_key(
    library: str, tiny_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_version", lambda _: "1")
    before = embedding_cache_key("m", tiny_images, 32)
    monkeypatch.setattr(keys, "_version", lambda name: "2" if name == library else "1")
    assert embedding_cache_key("m", tiny_images, 32) != before


def test_another_processor_has_another_key(
    tiny_images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embedding_cache_key("m", tiny_images, 32)
    monkeypatch.setattr(keys, "processor", lambda: "another")
    assert embedding_cache_key("m", tiny_images, 32) != before
    assert processor()


def test_another_line_of_the_code_has_another_key(
    tiny_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for line in ("a = 1", "a = 2"):
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / "x.py").write_text(line)
        monkeypatch.setattr(keys, "PACKAGE", tmp_path)
        found.append(embedding_cache_key("m", tiny_images, 32))
    assert found[0] != found[1]


def test_the_memo_lies_in_the_cache_folder_that_experiments_share(
    tiny_images: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with open_embedding_cache(model, "m", tiny_images, 32, MachineParams()) as memo:
        assert memo.path.parent == tmp_path / ".cache" / "embeddings"
