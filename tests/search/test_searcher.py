"""What looks like this image?"""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike.core.params import BaseParams
from lookalike.images.bands import Bands
from lookalike.images.store import ImageStore
from lookalike.index.bundle_folder import write_bundle
from lookalike.index.metadata import bundle_metadata
from lookalike.index.params import IndexParams
from lookalike.inference.embedder import open_embedder
from lookalike.inference.embeddings import VECTORS, open_embeddings, write_embeddings
from lookalike.model.artifact import load_model, save_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.search.searcher import Searcher
from lookalike.train.fine_tune import without_training
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def searcher(tiny_model: Path, tiny_index: Path) -> Searcher:
    return Searcher.open(tiny_model, tiny_index)


@pytest.mark.parametrize("name", ["0/00.png", "3/11.png", "5/19.png"])
def test_an_indexed_image_finds_itself_first(
    name: str, searcher: Searcher, tiny_source: Path
) -> None:
    first = searcher.search(tiny_source / name, k=3).neighbors[0]
    assert (first.path, first.label) == (name, name[0])
    assert first.similarity == pytest.approx(1, abs=1e-5)


def test_neighbors_come_by_falling_similarity(searcher: Searcher, tiny_source: Path) -> None:
    found = searcher.search(tiny_source / "0/00.png", k=20).neighbors
    similarities = [neighbor.similarity for neighbor in found]
    assert len(found) == 20
    assert similarities == sorted(similarities, reverse=True)


def test_the_same_picture_in_another_form_finds_it(
    searcher: Searcher, tiny_source: Path, tmp_path: Path
) -> None:
    Image.open(tiny_source / "2/05.png").convert("RGB").save(tmp_path / "copy.bmp")
    assert searcher.search(tmp_path / "copy.bmp", k=1).neighbors[0].path == "2/05.png"


def test_predictions_come_by_falling_probability(searcher: Searcher, tiny_source: Path) -> None:
    guesses = searcher.search(tiny_source / "0/00.png", k=1).predictions
    probabilities = [guess.probability for guess in guesses]
    assert len({guess.label for guess in guesses}) == 5
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) <= 1.00001


def test_the_first_prediction_is_that_of_the_embed_stage(
    searcher: Searcher, tiny_source: Path, tiny_images: ImageStore, tiny_index: Path
) -> None:
    import pyarrow as pa

    metadata = pa.ipc.open_file(tiny_index / "metadata.arrow").read_all()
    expected = metadata["predicted_label"].to_pylist()
    for row in (0, 40, 119):
        path = tiny_images.metadata["path"][row].as_py()
        assert searcher.search(tiny_source / path, k=1).predictions[0].label == expected[row]


def test_the_json_form_is_exactly_this(searcher: Searcher, tiny_source: Path) -> None:
    image = tiny_source / "1/00.png"
    answer = json.loads(json.dumps(searcher.search(image, k=2).to_dict()))
    assert list(answer) == ["query", "predictions", "neighbors"]
    assert answer["query"] == str(image)
    assert [list(guess) for guess in answer["predictions"]] == [["label", "probability"]] * 5
    assert [list(it) for it in answer["neighbors"]] == [["id", "path", "label", "similarity"]] * 2
    assert answer["neighbors"][0] == {
        "id": answer["neighbors"][0]["id"],
        "path": "1/00.png",
        "label": "1",
        "similarity": 1.0,
    }


def test_an_image_in_memory_is_searched_for_under_a_given_name(
    searcher: Searcher, tiny_source: Path
) -> None:
    image = tiny_source / "4/04.png"
    found = searcher.search_bytes(image.read_bytes(), k=2, name="upload")
    assert found.query == "upload"
    assert found.neighbors == searcher.search(image, k=2).neighbors


def test_the_same_query_has_the_same_answer(searcher: Searcher, tiny_source: Path) -> None:
    image = tiny_source / "5/05.png"
    assert searcher.search(image, k=9) == searcher.search(image, k=9)


@pytest.mark.parametrize("k", [120, 5000])
def test_a_k_beyond_the_index_gives_every_image(
    k: int, searcher: Searcher, tiny_source: Path
) -> None:
    found = searcher.search(tiny_source / "0/00.png", k).neighbors
    assert len({neighbor.id for neighbor in found}) == 120


@pytest.mark.parametrize("size", [(1, 1), (500, 20), (3, 900)])
def test_an_image_of_any_shape_has_neighbors(
    size: tuple[int, int], searcher: Searcher, encoded: Callable[..., bytes]
) -> None:
    data = encoded(Image.new("RGB", size, "orange"))
    assert len(searcher.search_bytes(data, k=4, name="odd").neighbors) == 4


# --- what cannot be searched for -------------------------------------------------------------


def test_a_file_that_is_not_there_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"{tmp_path}/none.png: cannot be read", "No such file"):
        searcher.search(tmp_path / "none.png", k=1)


def test_a_folder_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"{tmp_path}: cannot be read"):
        searcher.search(tmp_path, k=1)


@pytest.mark.parametrize("content", [b"", b"just text", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_file_that_is_no_image_is_one_line(
    content: bytes, searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    (tmp_path / "query.png").write_bytes(content)
    with one_line_error(f"{tmp_path}/query.png: cannot be searched for: "):
        searcher.search(tmp_path / "query.png", k=1)


def test_a_truncated_image_is_one_line(
    searcher: Searcher, encoded: Callable[..., bytes], one_line_error: OneLineError
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    with one_line_error("half: cannot be searched for: broken image"):
        searcher.search_bytes(encoded(noise)[:2000], k=1, name="half")


@pytest.mark.parametrize("k", [0, -3])
def test_fewer_than_one_neighbor_is_one_line(
    k: int, searcher: Searcher, tiny_source: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"k = {k}: ask for at least 1 neighbor"):
        searcher.search(tiny_source / "0/00.png", k)


# --- opening ---------------------------------------------------------------------------------


def test_an_index_of_another_model_is_refused(
    tiny_model: Path, tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    model = load_model(tiny_model)
    warmer = model.description.model_copy(update={"temperature": 9.0})
    save_model(tmp_path / "model", warmer, model.network.state_dict())
    names = fingerprint(tmp_path / "model")[:12], fingerprint(tiny_model)[:12]
    with one_line_error(*names, "run embed and index again, or pull both together"):
        Searcher.open(tmp_path / "model", tiny_index)


def test_without_a_model_there_is_one_line(
    tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; train first, or dvc pull"):
        Searcher.open(tmp_path / "model", tiny_index)


def test_without_an_index_there_is_one_line(
    tiny_model: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; run the index stage first, or dvc pull"):
        Searcher.open(tiny_model, tmp_path / "index")


def test_model_and_index_are_all_that_a_search_needs(
    tiny_model: Path, tiny_index: Path, tiny_source: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    index = Path(shutil.copytree(tiny_index, tmp_path / "index"))
    query = Path(shutil.copy(tiny_source / "2/02.png", tmp_path / "query.png"))
    assert Searcher.open(model, index).search(query, k=1).neighbors[0].path == "2/02.png"


# --- bands -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tile_searcher(
    tile_images: Callable[[Bands], ImageStore], tmp_path_factory: pytest.TempPathFactory
) -> Searcher:
    """Searches `tile_files`, all bands, by the features of an untrained network."""
    folder = tmp_path_factory.mktemp("tiles")
    images = tile_images(Bands(chosen="all"))
    params = TrainParams(backbone="cnn:8", image_size=32, resize=32, epochs=0)
    trained = without_training(params, BaseParams(threads=1), 0, images)
    save_model(folder / "model", trained.description, trained.weights)
    embedder = open_embedder(folder / "model")
    write_embeddings(folder / "embeddings", images, embedder)
    rows = bundle_metadata(images.metadata, open_embeddings(folder / "embeddings"), [])
    vectors = folder / "embeddings" / VECTORS
    write_bundle(
        folder / "index", vectors, rows, embedder.model.fingerprint, IndexParams(engine="exact")
    )
    return Searcher.open(folder / "model", folder / "index")


def test_an_indexed_tile_of_bands_finds_itself_first(
    tile_searcher: Searcher, tile_files: dict[str, bytes]
) -> None:
    for path, data in tile_files.items():
        first = tile_searcher.search_bytes(data, k=3, name=path).neighbors[0]
        assert first.path == path
        assert first.similarity == pytest.approx(1, abs=1e-5)


def test_a_tile_finds_tiles_that_only_infrared_tells_apart(
    tile_searcher: Searcher, tile_files: dict[str, bytes]
) -> None:
    found = tile_searcher.search_bytes(tile_files["water/0.tif"], k=10, name="water").neighbors
    assert {neighbor.label for neighbor in found} == {"water"}


@pytest.mark.parametrize("count", [1, 4, 6])
def test_a_tile_with_another_number_of_bands_is_one_line(
    count: int,
    tile_searcher: Searcher,
    geotiff: Callable[..., bytes],
    one_line_error: OneLineError,
) -> None:
    data = geotiff(np.ones((count, 32, 32), np.uint16))
    with one_line_error(f"tile.tif: cannot be searched for: {count} bands", "images of 5"):
        tile_searcher.search_bytes(data, k=1, name="tile.tif")


def test_a_photograph_is_one_line_where_bands_are_searched(
    tile_searcher: Searcher, encoded: Callable[..., bytes], one_line_error: OneLineError
) -> None:
    with one_line_error("photo.jpg: cannot be searched for: not a TIFF file"):
        tile_searcher.search_bytes(encoded(Image.new("RGB", (32, 32)), "JPEG"), 1, "photo.jpg")


def test_a_tile_of_bands_is_one_line_where_photographs_are_searched(
    searcher: Searcher, tile_files: dict[str, bytes], one_line_error: OneLineError
) -> None:
    with one_line_error("tile.tif: cannot be searched for: not an image of a known format"):
        searcher.search_bytes(tile_files["crop/0.tif"], k=1, name="tile.tif")
