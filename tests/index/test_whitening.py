"""An index of whitened embeddings: what it holds, and how queries meet it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lookalike.core.choices import RuntimeChoice
from lookalike.core.errors import QueryError
from lookalike.fresh.fresh_images import FreshImages
from lookalike.images.split_file import SplitImage, read_split
from lookalike.images.store import ImageStore
from lookalike.index.building import build_index, training_whitening
from lookalike.index.description import WHITENING
from lookalike.index.engines.exact import Exact
from lookalike.index.metadata import joined_metadata
from lookalike.index.quality import retrieval_metrics
from lookalike.index.storage import open_index
from lookalike.inference.embeddings import Embeddings, open_embeddings
from lookalike.search.queries import ById, Like
from lookalike.search.searcher import open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def embeddings(tiny_embeddings: Path) -> Embeddings:
    return open_embeddings(tiny_embeddings)


@pytest.fixture(scope="module")
def split(tiny_split: Path, tiny_images: ImageStore) -> list[SplitImage]:
    return read_split(tiny_split, tiny_images)


@pytest.fixture(scope="module")
def write(
    embeddings: Embeddings, split: list[SplitImage], tiny_images: ImageStore
) -> Callable[[Path, int], Path]:
    """Write an index, whitened to so many numbers."""
    metadata = joined_metadata(tiny_images.metadata, embeddings, split)

    def write(folder: Path, dimension: int) -> Path:
        whitening = training_whitening(embeddings.vectors, split, dimension)
        assert whitening is not None
        values, model = whitening(embeddings.vectors), embeddings.model_sha256
        build_index(values, metadata, folder, Exact(), model, whitening=whitening)
        return folder

    return write


@pytest.fixture(scope="module")
def whitened(
    write: Callable[[Path, int], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    yield write(tmp_path_factory.mktemp("whitened") / "index", 8)


def test_the_same_embeddings_give_the_same_bytes(
    whitened: Path, write: Callable[[Path, int], Path], tmp_path: Path
) -> None:
    again = write(tmp_path / "index", 8)
    for path in whitened.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_it_is_learned_from_training_images_alone(
    embeddings: Embeddings, split: list[SplitImage]
) -> None:
    others = embeddings.vectors.copy()
    others[[image.row for image in split if image.split != "train"]] = 1.0
    first, second = (training_whitening(it, split, 8) for it in (embeddings.vectors, others))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.projection, second.projection)


def test_without_labels_it_is_learned_from_all_images(embeddings: Embeddings) -> None:
    found = training_whitening(embeddings.vectors, [], 8)
    assert found is not None
    assert np.abs(found(embeddings.vectors).mean(axis=0)).max() < 1e-3


@pytest.mark.parametrize("runtime", ["torch", "onnxruntime"])
def test_the_queries_of_every_runtime_are_whitened(
    runtime: RuntimeChoice, whitened: Path, tiny_model: Path, tiny_export: Path, tiny_source: Path
) -> None:
    searcher = open_searcher(tiny_model, whitened, runtime=runtime, export=tiny_export)
    for name in ("0/00.png", "3/11.png"):
        first = searcher.search(tiny_source / name).hits[0]
        assert first.path == name
        assert first.similarity == pytest.approx(1, abs=1e-4)


def test_vectors_ids_and_several_examples_meet_it_as_well(
    whitened: Path, tiny_model: Path, tiny_source: Path, embeddings: Embeddings
) -> None:
    searcher = open_searcher(tiny_model, whitened)
    found = searcher.search(tiny_source / "2/05.png").hits
    image_id = found[0].id
    row = searcher.index.row_of(image_id)
    assert row is not None
    for query in (ById(image_id), embeddings.vectors[row], Like(ById(image_id), unlike=[])):
        assert searcher.search(query).hits[0].id == image_id
    with pytest.raises(QueryError, match=r"vectors of 16 numbers"):
        searcher.search(np.ones(8, np.float32))


def test_images_that_were_added_are_embedded_anew_for_another_whitening(
    whitened: Path,
    write: Callable[[Path, int], Path],
    tiny_model: Path,
    encoded: Callable[..., bytes],
    tmp_path: Path,
) -> None:
    (tmp_path / "new.png").write_bytes(encoded(np.arange(64, dtype=np.uint8).reshape(8, 8) * 3))
    fresh = FreshImages(tmp_path / "fresh", open_searcher(tiny_model, whitened))
    list(fresh.add([tmp_path / "new.png"]))
    assert Path(fresh.searcher.search(tmp_path / "new.png").hits[0].path).name == "new.png"
    narrower = open_searcher(tiny_model, write(tmp_path / "index", 4))
    later = FreshImages(tmp_path / "fresh", narrower)
    assert later.prune().embedded == 1
    assert Path(later.searcher.search(tmp_path / "new.png").hits[0].path).name == "new.png"


@pytest.mark.parametrize("damage", ["missing", "another"])
def test_a_damaged_whitening_is_one_line(
    damage: str, whitened: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    folder = shutil.copytree(whitened, tmp_path / "index")
    if damage == "missing":
        (folder / WHITENING).unlink()
    else:
        parts = load_file(folder / WHITENING)
        save_file(parts | {"mean": parts["mean"] + 1}, folder / WHITENING)
    with one_line_error(WHITENING):
        open_index(folder, verify=True)


def test_the_metrics_tell_what_whitening_adds(
    embeddings: Embeddings, split: list[SplitImage], capsys: pytest.CaptureFixture[str]
) -> None:
    whitening = training_whitening(embeddings.vectors, split, 8)
    assert whitening is not None
    values = whitening(embeddings.vectors)
    metrics = retrieval_metrics(values, embeddings.vectors, split)
    gain = metrics["gallery"]["map_at_r"] - metrics["gallery_before_whitening"]["map_at_r"]
    assert f"({gain:+.4f})" in capsys.readouterr().err
    assert retrieval_metrics(embeddings.vectors, None, split) == {
        "gallery": metrics["gallery_before_whitening"]
    }
