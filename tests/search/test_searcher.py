"""What looks like this image?"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.images.hostile import jpeg_of_many_scans

from lookalike.core.errors import QueryError
from lookalike.core.hashing import sha256_of_file
from lookalike.core.params import MachineParams
from lookalike.images.bands import Bands
from lookalike.images.store import ImageStore
from lookalike.images.untrusted import decode_untrusted
from lookalike.images.worker import Limits
from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.metadata import joined_metadata
from lookalike.inference.devices import launch
from lookalike.inference.embedder import open_embedder
from lookalike.inference.embeddings import open_embeddings
from lookalike.inference.writing import write_embeddings
from lookalike.model.artifact import load_model, save_model
from lookalike.model.artifact_fingerprint import fingerprint
from lookalike.search.filters import matching_rows
from lookalike.search.queries import ById, Like, Query
from lookalike.search.results import SearchResult
from lookalike.search.searcher import Searcher, open_searcher
from lookalike.train.params import TrainParams
from lookalike.train.resources import Resources
from lookalike.train.untrained import untrained_model

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def searcher(tiny_model: Path, tiny_index: Path) -> Searcher:
    return open_searcher(tiny_model, tiny_index)


@pytest.mark.parametrize("name", ["0/00.png", "3/11.png", "5/19.png"])
def test_an_indexed_image_finds_itself_first(
    name: str, searcher: Searcher, tiny_source: Path
) -> None:
    first = searcher.search(tiny_source / name, k=3).hits[0]
    assert (first.path, first.label) == (name, name[0])
    assert first.similarity == pytest.approx(1, abs=1e-5)


def test_neighbors_come_by_falling_similarity(searcher: Searcher, tiny_source: Path) -> None:
    found = searcher.search(tiny_source / "0/00.png", k=20).hits
    similarities = [hit.similarity for hit in found]
    assert len(found) == 20
    assert similarities == sorted(similarities, reverse=True)


def test_the_same_picture_in_another_form_finds_it(
    searcher: Searcher, tiny_source: Path, tmp_path: Path
) -> None:
    Image.open(tiny_source / "2/05.png").convert("RGB").save(tmp_path / "copy.bmp")
    assert searcher.search(tmp_path / "copy.bmp", k=1).hits[0].path == "2/05.png"


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
    assert list(answer) == ["query", "predictions", "hits"]
    assert answer["query"] == str(image)
    assert [list(guess) for guess in answer["predictions"]] == [["label", "probability"]] * 5
    assert len(answer["hits"]) == 2
    assert answer["hits"][0] == {
        "id": sha256_of_file(image),
        "path": "1/00.png",
        "label": "1",
        "source": str(image),
        "split": answer["hits"][0]["split"],
        "predicted_label": answer["hits"][0]["predicted_label"],
        "width": 8,
        "height": 8,
        "similarity": 1.0,
    }


def test_an_image_in_memory_is_searched_for_as_its_file_is(
    searcher: Searcher, tiny_source: Path
) -> None:
    image = tiny_source / "4/04.png"
    found = searcher.search(image.read_bytes(), k=2)
    assert found.query == "the image"
    assert found.hits == searcher.search(image, k=2).hits


def test_the_same_query_has_the_same_answer(searcher: Searcher, tiny_source: Path) -> None:
    image = tiny_source / "5/05.png"
    assert searcher.search(image, k=9) == searcher.search(image, k=9)


@pytest.mark.parametrize("k", [120, 5000])
def test_a_k_beyond_the_index_gives_every_image(
    k: int, searcher: Searcher, tiny_source: Path
) -> None:
    found = searcher.search(tiny_source / "0/00.png", k).hits
    assert len({hit.id for hit in found}) == 120


@pytest.mark.parametrize("size", [(1, 1), (500, 20), (3, 900)])
def test_an_image_of_any_shape_has_neighbors(
    size: tuple[int, int], searcher: Searcher, encoded: Callable[..., bytes]
) -> None:
    data = encoded(Image.new("RGB", size, "orange"))
    assert len(searcher.search(data, k=4).hits) == 4


# --- what cannot be searched for -------------------------------------------------------------


def test_a_file_that_is_not_there_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"{tmp_path}/none.png: cannot be read", "No such file"):
        searcher.search(tmp_path / "none.png", k=1)


def test_a_folder_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"{tmp_path}: cannot be searched for: not a regular file"):
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
    with one_line_error("the image: cannot be searched for: broken image"):
        searcher.search(encoded(noise)[:2000], k=1)


@pytest.mark.parametrize("k", [0, -3])
def test_fewer_than_one_neighbor_is_one_line(
    k: int, searcher: Searcher, tiny_source: Path, one_line_error: OneLineError
) -> None:
    with one_line_error(f"k = {k}: ask for at least 1 neighbor"):
        searcher.search(tiny_source / "0/00.png", k)


# --- in every form ---------------------------------------------------------------------------


def test_a_query_has_the_same_hits_in_every_form(
    searcher: Searcher, tiny_source: Path, tiny_index: Path
) -> None:
    path = tiny_source / "4/04.png"
    expected = [hit.id for hit in searcher.search(path, k=9).hits]
    image_id = sha256_of_file(path)
    row = searcher.index.ids.index(image_id)
    forms: list[Query] = [
        str(path),
        path.read_bytes(),
        Image.open(path),
        searcher.index.vectors.values[row],
        ById(image_id),
        [path],
        Like(path),
    ]
    for form in forms:
        assert [hit.id for hit in searcher.search(form, k=9).hits] == expected


def test_an_image_that_is_searched_for_stays_as_it_is(
    searcher: Searcher, tiny_source: Path
) -> None:
    image = Image.open(tiny_source / "4/04.png")
    before = image.mode, image.size, image.tobytes()
    searcher.search(image)
    assert (image.mode, image.size, image.tobytes()) == before


def test_several_examples_are_a_mean_of_unit_vectors_less_a_share_of_the_unlike(
    searcher: Searcher,
) -> None:
    ids, values = searcher.index.ids, searcher.index.vectors.values.astype(np.float64)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    rocchio = unit[[3, 50]].mean(axis=0) - 0.2 * unit[[80, 81, 82]].mean(axis=0)
    expected = np.argsort(-(unit @ rocchio))[:10]
    unlike = [ById(ids[row]) for row in (80, 81, 82)]
    found = searcher.search(Like(ById(ids[3]), ById(ids[50]), unlike=unlike), k=10)
    assert [hit.id for hit in found.hits] == [ids[row] for row in expected]
    assert found.predictions == []


def test_many_queries_have_the_answers_that_they_have_alone(
    searcher: Searcher, tiny_source: Path
) -> None:
    paths = sorted(tiny_source.glob("*/*.png"))[:40]
    queries: list[Query] = [*paths, ById(searcher.index.ids[3]), [paths[0], paths[1]]]
    results = list(searcher.search_many(iter(queries), k=3))
    assert len(results) == 42
    for query, result in zip(queries, results, strict=True):
        alone = searcher.search(query, k=3)
        assert result.query == alone.query
        assert [hit.id for hit in result.hits] == [hit.id for hit in alone.hits]


def test_no_queries_have_no_answers(searcher: Searcher) -> None:
    assert list(searcher.search_many([])) == []


@given(row=st.integers(0, 119), k=st.integers(1, 30))
@settings(deadline=None)
def test_the_query_itself_can_be_left_out(searcher: Searcher, row: int, k: int) -> None:
    image_id = searcher.index.ids[row]
    with_it = searcher.search(ById(image_id), k + 1).hits
    without = searcher.search(ById(image_id), k, exclude_query=True).hits
    assert without == [hit for hit in with_it if hit.id != image_id][:k]


def test_a_file_of_which_the_bytes_are_indexed_can_be_left_out(
    searcher: Searcher, tiny_source: Path
) -> None:
    paths = [tiny_source / "4/04.png", tiny_source / "1/01.png"]
    for found in searcher.search_many([paths[0], paths], k=119, exclude_query=True):
        assert "4/04.png" not in [hit.path for hit in found.hits]
    assert len(found.hits) == 118


def test_hits_below_a_similarity_can_be_left_out(searcher: Searcher, tiny_source: Path) -> None:
    everything = searcher.search(tiny_source / "4/04.png", k=120).hits
    some = searcher.search(tiny_source / "4/04.png", k=120, min_similarity=0.5).hits
    assert some == [hit for hit in everything if hit.similarity >= 0.5]
    assert 0 < len(some) < 120


@given(
    where=st.sampled_from(
        ["label = '4'", "split = 'test'", "path LIKE '2/1%'", "width > 8", "label IN ('0', '5')"]
    ),
    k=st.integers(1, 130),
    row=st.integers(0, 119),
)
@settings(deadline=None)
def test_a_filter_leaves_the_k_most_similar_of_what_passes(
    searcher: Searcher, where: str, k: int, row: int
) -> None:
    query = searcher.index.vectors.values[row]
    passing = {
        searcher.index.ids[row] for row in matching_rows(searcher.index.metadata, where).tolist()
    }
    everything = searcher.search(query, k=120).hits
    found = searcher.search(query, k, where=where).hits
    expected = [hit for hit in everything if hit.id in passing][:k]
    assert [hit.similarity for hit in found] == pytest.approx(
        [hit.similarity for hit in expected], abs=2e-6
    )
    assert {hit.id for hit in found} <= passing


def test_every_hit_has_its_thumbnail(searcher: Searcher, tiny_source: Path) -> None:
    for hit in searcher.search(tiny_source / "4/04.png", k=3).hits:
        data = searcher.thumbnail(hit.id)
        assert data is not None
        assert Image.open(BytesIO(data)).size == (hit.width, hit.height)


# --- what cannot be searched for, in other forms -----------------------------------------------


def test_an_id_that_is_not_indexed_is_one_line(
    searcher: Searcher, one_line_error: OneLineError
) -> None:
    with one_line_error("0a36: no image of this id is indexed", kind=QueryError):
        searcher.search(ById("0a36"))
    with one_line_error("0a36: no image of this id is indexed", kind=QueryError):
        searcher.thumbnail("0a36")
    with one_line_error("no image of this id is indexed", kind=QueryError):
        searcher.search(ById("\udcff"))


@pytest.mark.parametrize("query", [[], Like(), 7, None, [7], [["a.jpg"]], {"a": 1}, [1.0, 2.0]])
def test_what_is_no_query_is_one_line(
    query: Query, searcher: Searcher, one_line_error: OneLineError
) -> None:
    with one_line_error("", kind=QueryError):
        searcher.search(query)


@pytest.mark.parametrize(
    "query", [np.ones(17), np.ones((1, 16)), np.full(16, np.nan), np.array(["a"] * 16)]
)
def test_a_vector_of_another_kind_is_one_line(
    query: np.ndarray, searcher: Searcher, one_line_error: OneLineError
) -> None:
    with one_line_error("vector", "cannot be searched for", kind=QueryError):
        searcher.search(query)


def test_one_bad_query_of_many_is_named(
    searcher: Searcher, tiny_source: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("none.png: cannot be read", kind=QueryError):
        list(searcher.search_many([tiny_source / "4/04.png", "none.png"]))


def test_a_device_is_one_line(searcher: Searcher, one_line_error: OneLineError) -> None:
    with one_line_error("/dev/zero: cannot be searched for: not a regular file", kind=QueryError):
        searcher.search("/dev/zero")


def test_an_image_that_takes_long_to_decode_is_one_line_and_the_next_is_answered(
    tiny_model: Path, tiny_index: Path, tiny_source: Path, encoded: Callable[..., bytes]
) -> None:
    decode = partial(decode_untrusted, limits=Limits(seconds=1.0, memory=2**32))
    searcher = open_searcher(tiny_model, tiny_index, decode=decode)
    refused, answered = searcher.search_each(
        [jpeg_of_many_scans(encoded), tiny_source / "3/03.png"], k=1
    )
    assert str(refused) == (
        "the image: cannot be searched for: broken image: its decoder gave no answer in 1 seconds"
    )
    assert isinstance(answered, SearchResult)


def test_a_named_pipe_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with one_line_error("pipe.png: cannot be searched for: not a regular file", kind=QueryError):
        searcher.search(tmp_path / "pipe.png")


def test_a_file_of_too_many_bytes_is_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(2**40)
    with one_line_error("huge.png: cannot be searched for: more than", kind=QueryError):
        searcher.search(tmp_path / "huge.png")


def test_a_path_with_a_null_character_is_one_line(
    searcher: Searcher, one_line_error: OneLineError
) -> None:
    with one_line_error("cannot be read", kind=QueryError):
        searcher.search("a\0.png")


def test_more_pixels_than_ingest_takes_are_one_line(
    searcher: Searcher, tmp_path: Path, one_line_error: OneLineError
) -> None:
    image = Image.new("1", (20_000, 6_000))
    image.save(tmp_path / "wide.png")
    for query in (tmp_path / "wide.png", image):
        with one_line_error("20000 x 6000 pixels, more than 100000000 allowed", kind=QueryError):
            searcher.search(query)


# --- opening ---------------------------------------------------------------------------------


def test_an_index_of_another_model_is_refused(
    tiny_model: Path, tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    model = load_model(tiny_model)
    warmer = model.description.model_copy(update={"temperature": 9.0})
    save_model(tmp_path / "model", warmer, model.network.state_dict())
    names = fingerprint(tmp_path / "model")[:12], fingerprint(tiny_model)[:12]
    with one_line_error(*names, "run embed and index again, or pull both together"):
        open_searcher(tmp_path / "model", tiny_index)


def test_without_a_model_there_is_one_line(
    tiny_index: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; train first, or dvc pull"):
        open_searcher(tmp_path / "model", tiny_index)


def test_without_an_index_there_is_one_line(
    tiny_model: Path, tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("missing; run the index stage first, or dvc pull"):
        open_searcher(tiny_model, tmp_path / "index")


def test_model_and_index_are_all_that_a_search_needs(
    tiny_model: Path, tiny_index: Path, tiny_source: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(tiny_model, tmp_path / "model"))
    index = Path(shutil.copytree(tiny_index, tmp_path / "index"))
    query = Path(shutil.copy(tiny_source / "2/02.png", tmp_path / "query.png"))
    assert open_searcher(model, index).search(query, k=1).hits[0].path == "2/02.png"


# --- bands -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tile_searcher(
    tile_images: Callable[[Bands], ImageStore], tmp_path_factory: pytest.TempPathFactory
) -> Searcher:
    """Searches `tile_files`, all bands, by the features of an untrained network."""
    folder = tmp_path_factory.mktemp("tiles")
    images = tile_images(Bands(chosen="all"))
    params = TrainParams(backbone="cnn:8", image_size=32, resize=32, epochs=0)
    trained = untrained_model(params, images, Resources(launch(MachineParams())))
    save_model(folder / "model", trained.description, trained.weights)
    write_embeddings(folder / "embeddings", images, open_embedder(folder / "model"))
    embeddings = open_embeddings(folder / "embeddings")
    metadata = joined_metadata(images.metadata, embeddings, [])
    build_index(
        embeddings.vectors, metadata, folder / "index", Exact(), fingerprint(folder / "model")
    )
    return open_searcher(folder / "model", folder / "index")


def test_an_indexed_tile_of_bands_finds_itself_first(
    tile_searcher: Searcher, tile_files: dict[str, bytes]
) -> None:
    for path, data in tile_files.items():
        first = tile_searcher.search(data, k=3).hits[0]
        assert first.path == path
        assert first.similarity == pytest.approx(1, abs=1e-5)


def test_a_tile_finds_tiles_that_only_infrared_tells_apart(
    tile_searcher: Searcher, tile_files: dict[str, bytes]
) -> None:
    found = tile_searcher.search(tile_files["water/0.tif"], k=10).hits
    assert {hit.label for hit in found} == {"water"}


def test_a_query_is_shown_as_the_indexed_images_are(
    tile_searcher: Searcher,
    tile_images: Callable[[Bands], ImageStore],
    tile_files: dict[str, bytes],
) -> None:
    stretch = tile_searcher.model.stretch
    assert stretch is not None
    images = ImageStore(tile_images(Bands(chosen="all")).folder, stretch)
    for row, data in enumerate(tile_files.values()):
        [shown] = tile_searcher.search(data, k=1).examples
        expected = images.picture(row).resize(shown.size)
        difference = np.asarray(shown, int).mean() - np.asarray(expected, int).mean()
        assert abs(difference) < 6, row


@pytest.mark.parametrize("count", [1, 4, 6])
def test_a_tile_with_another_number_of_bands_is_one_line(
    count: int,
    tile_searcher: Searcher,
    geotiff: Callable[..., bytes],
    one_line_error: OneLineError,
) -> None:
    data = geotiff(np.ones((count, 32, 32), np.uint16))
    with one_line_error(f"the image: cannot be searched for: {count} bands", "images of 5"):
        tile_searcher.search(data, k=1)


def test_a_photograph_is_one_line_where_bands_are_searched(
    tile_searcher: Searcher, encoded: Callable[..., bytes], one_line_error: OneLineError
) -> None:
    with one_line_error("the image: cannot be searched for: not a TIFF file"):
        tile_searcher.search(encoded(Image.new("RGB", (32, 32)), "JPEG"))


def test_a_tile_of_bands_is_one_line_where_photographs_are_searched(
    searcher: Searcher, tile_files: dict[str, bytes], one_line_error: OneLineError
) -> None:
    with one_line_error("the image: cannot be searched for: not an image of a known format"):
        searcher.search(tile_files["crop/0.tif"], k=1)


# --- streams of queries ------------------------------------------------------------------------


def test_an_open_file_is_searched_for_as_its_path_is(searcher: Searcher, tiny_source: Path) -> None:
    image = tiny_source / "4/04.png"
    with image.open("rb") as file:
        found = searcher.search(file, k=2)
    assert found.query == str(image)
    assert found.hits == searcher.search(image, k=2).hits


def test_a_query_that_cannot_be_answered_gives_its_error_in_its_place(
    searcher: Searcher, tiny_source: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("text")
    missing, text = str(tmp_path / "missing.png"), str(tmp_path / "text.png")
    images = [str(tiny_source / f"{label}/00.png") for label in range(6)] * 6
    queries: list[Query] = [missing, *images, text, []]
    found = list(searcher.search_each(queries, k=1))
    assert [isinstance(each, QueryError) for each in found] == [True, *[False] * 36, True, True]
    assert [str(each).partition(": ")[0] for each in found if isinstance(each, QueryError)] == [
        missing,
        text,
        "a search needs at least one example",
    ]
    answered = [each for each in found if not isinstance(each, QueryError)]
    assert [each.query for each in answered] == images
    assert [each.hits[0].path[0] for each in answered] == list("012345") * 6


def test_an_argument_that_is_wrong_for_all_is_an_error_at_once(
    searcher: Searcher, one_line_error: OneLineError
) -> None:
    with one_line_error("k = 0", kind=QueryError):
        searcher.search_each([], k=0)
    with one_line_error("where: ", kind=QueryError):
        searcher.search_many([], where="label")


def test_of_a_stream_of_queries_only_a_block_is_taken_ahead(
    searcher: Searcher, tiny_source: Path
) -> None:
    taken = []

    def stream() -> Iterator[Query]:
        for number in range(1_000_000):
            taken.append(number)
            yield ById(searcher.index.ids[number % 120])

    results = searcher.search_many(stream(), k=1)
    assert taken == []
    assert next(results).hits[0].similarity == pytest.approx(1, abs=1e-5)
    assert len(taken) == 32
