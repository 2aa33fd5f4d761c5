"""What every store promises: LanceDB in a folder and on a server of S3, and PostgreSQL."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from tests.publish.stores import (
    awkward_metadata,
    change_an_image,
    delete_an_image,
    drop,
    publisher,
    tables,
)

from lookalike.core.errors import LookalikeError
from lookalike.index.building import build_index
from lookalike.index.engines.exact import Exact
from lookalike.index.index import Index
from lookalike.index.storage import open_index
from lookalike.publish.addresses import store_at
from lookalike.publish.effort import measured_recall
from lookalike.publish.gallery import StoreGallery
from lookalike.publish.version import version_of
from lookalike.retrieval.exact_search import Metric
from lookalike.search.filters import matching_rows

OneLineError = Callable[..., AbstractContextManager[None]]
MakeFolder = Callable[..., Path]
FULL = pytest.mark.full


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> MakeFolder:
    """The folder of an index: `make_folder(images=7, seed=1, metric="dot")`."""

    def make(images: int, seed: int = 0, metric: Metric = "angular") -> Path:
        folder = tmp_path_factory.mktemp("index") / "index"
        random = np.random.default_rng(seed)
        values = random.normal(size=(images, 8)).astype(np.float32)
        metadata = awkward_metadata(images, seed, texts='drop "table', numbers="score")
        build_index(values, metadata, folder, Exact(metric=metric), "m" * 64)
        return folder

    return make


@pytest.fixture(scope="session")
def small(make_folder: MakeFolder) -> Index:
    return open_index(make_folder(7))


@pytest.fixture(scope="session")
def other(make_folder: MakeFolder) -> Index:
    return open_index(make_folder(9, seed=1))


@pytest.mark.parametrize("metric", ["angular", "euclidean", "dot"])
def test_a_published_version_answers_as_the_index_does(
    address: str, make_folder: MakeFolder, metric: Metric
) -> None:
    index = open_index(make_folder(40, metric=metric))
    store = store_at(address)
    store.publish(index, {}, 2, rewrite=False)
    gallery = StoreGallery(store.current())
    query = np.random.default_rng(5).normal(size=8).astype(np.float32)
    for where in (None, "label = 'cat' AND width > 5", "width < 0"):
        selected = None if where is None else gallery.select(where)
        rows = None if where is None else matching_rows(index.metadata, where)
        found, expected = gallery.search(query, 10, selected), index.search(query, 10, rows)
        assert found.rows.tolist() == expected.rows.tolist()
        np.testing.assert_array_equal(found.similarities, expected.similarities)
    assert str(gallery.records([3, 0, 3])) == str(index.records([3, 0, 3]))
    assert gallery.row_of(index.ids[7]) == 7
    assert gallery.row_of("' OR true --") is None
    np.testing.assert_array_equal(gallery.vector(7), index.vectors.values[7])


def test_what_is_there_is_not_written_again_and_a_rewrite_mends_it(
    address: str, small: Index, one_line_error: OneLineError
) -> None:
    store = store_at(address)
    assert store.publish(small, {"index": {"n": 1}}, 2, rewrite=False).new == 7
    before = tables(address)
    assert store.publish(small, {"index": {"n": 2}}, 2, rewrite=False).new == 0
    assert tables(address) == before
    assert store.verify(small, {"index": {"n": 2}}).recall == 1
    change_an_image(address)
    with one_line_error("1 images different ('00005.png')", "lookalike publish --rewrite"):
        store.verify(small, {"index": {"n": 2}})
    assert store.publish(small, {}, 2, rewrite=True).new == 7
    store.verify(small, {})
    delete_an_image(address)
    with one_line_error("1 images missing ('00002.png')"):
        store.verify(small, {})
    assert store.publish(small, {}, 2, rewrite=False).new == 7
    store.verify(small, {})
    drop(address, *tables(address))
    assert store.publish(small, {}, 2, rewrite=False).new == 7
    assert store.verify(small, {}).images == 7


def test_earlier_versions_stay_up_to_a_number(address: str, make_folder: MakeFolder) -> None:
    indexes = [open_index(make_folder(4, seed)) for seed in range(4)]
    versions = [version_of(index) for index in indexes]
    store = store_at(address)
    removed = [store.publish(index, {}, 2, rewrite=False).removed for index in indexes]
    assert removed == [[], [], [], [versions[0]]]
    assert store.current().about.version == versions[3]
    assert len(tables(address)) == 3
    back = store.publish(indexes[2], {}, 1, rewrite=False)
    assert (back.new, back.removed) == (0, [versions[1]])


def test_a_reader_stays_with_its_version_until_that_is_removed(
    address: str, small: Index, other: Index, one_line_error: OneLineError
) -> None:
    store, reader = store_at(address), store_at(address)
    store.publish(small, {}, 1, rewrite=False)
    gallery = StoreGallery(reader.current())
    store.publish(other, {}, 1, rewrite=False)
    query = small.vectors.values[3]
    assert gallery.search(query, 3).rows.tolist() == small.search(query, 3).rows.tolist()
    assert reader.current().about.version == version_of(other)
    store.publish(other, {}, 0, rewrite=False)
    with one_line_error("this version was removed"):
        gallery.search(query, 3)


def test_a_store_without_a_version_and_one_of_another_are_one_line(
    address: str, small: Index, other: Index, one_line_error: OneLineError
) -> None:
    store = store_at(address)
    with one_line_error("nothing is published there; run lookalike publish"):
        store.current()
    store.publish(other, {}, 0, rewrite=False)
    with one_line_error(f"current is version {version_of(other)}", version_of(small)):
        store.verify(small, {})


@pytest.mark.parametrize(
    "dies", [pytest.param("0", marks=FULL), "1", pytest.param("pointer", marks=FULL)]
)
def test_killed_on_the_way_readers_see_the_version_before_and_the_next_run_completes(
    address: str, small: Index, make_folder: MakeFolder, dies: str
) -> None:
    store = store_at(address)
    store.publish(small, {}, 1, rewrite=False)
    folder = make_folder(9, seed=1)
    killed = publisher(folder, address, dies)
    killed.communicate()
    assert killed.returncode == -9
    store.verify(small, {})
    store.publish(open_index(folder), {}, 1, rewrite=False)
    store.verify(open_index(folder), {})


def test_asking_a_folder_that_is_not_there_does_not_make_it(
    tmp_path: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("nothing is published there"):
        store_at(f"lancedb:{tmp_path / 'store'}").current()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_publisher_left_in_files_is_removed_a_day_later(
    tmp_path: Path,
    small: Index,
    make_folder: MakeFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "store"
    address = f"lancedb:{folder}"
    publisher(make_folder(9, seed=1), address, "pointer").communicate()
    assert len(list(folder.glob("images_*"))) == 1
    store = store_at(address)
    store.publish(small, {}, 1, rewrite=False)
    assert len(list(folder.glob("images_*"))) == 2
    now = time.time()
    monkeypatch.setattr("lookalike.publish.lancedb.store.time.time", lambda: now + 2 * 86_400)
    store.publish(small, {}, 1, rewrite=False)
    assert len(list(folder.glob("images_*"))) == 1
    store.verify(small, {})


@pytest.mark.full
def test_two_publishers_at_once_corrupt_nothing(address: str, make_folder: MakeFolder) -> None:
    folders = [make_folder(300, seed) for seed in (3, 4)]
    store_at(address).publish(open_index(make_folder(3)), {}, 0, rewrite=False)
    processes = [publisher(folder, address) for folder in folders]
    outputs = [process.communicate() for process in processes]
    done = {}
    for folder, (out, err) in zip(folders, outputs, strict=True):
        if out:
            done[out.strip()] = open_index(folder)
        else:
            assert "another publisher is at work; try again when it is done" in err
    store = store_at(address)
    store.verify(done[store.current().about.version], {})
    for folder in folders:
        store.publish(open_index(folder), {}, 1, rewrite=False)
        store.verify(open_index(folder), {})


def test_of_many_images_the_search_inspects_as_much_as_the_recall_needs(
    address: str, make_folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    if address.startswith("s3:"):
        pytest.skip("rclone answers requests for parts of large files with 200, not 206")
    for module in ("lancedb.store", "lancedb.version", "postgresql.table", "postgresql.version"):
        monkeypatch.setattr(f"lookalike.publish.{module}.FEW_ROWS", 100)
    index = open_index(make_folder(900))
    store = store_at(address)
    store.publish(index, {}, 0, rewrite=False)
    version = store.current()
    assert version.about.effort > 0
    assert store.verify(index, {}).recall >= 0.98
    gallery = StoreGallery(version)
    narrow, wide = gallery.select("width < 20"), gallery.select("label = 'cat'")
    rows = matching_rows(index.metadata, "label = 'cat'")
    query = index.vectors.values[500]
    assert len(gallery.search(query, 300, wide).rows) == len(rows)
    assert (
        gallery.search(query, 20, narrow).rows.tolist()
        == index.search(query, 20, np.arange(20)).rows.tolist()
    )
    assert measured_recall(index, lambda vector, k: version.nearest(vector, k, None, True)) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("redis://host", "redis: there is no such store; there are mongodb"),
        ("postgresql://me:s3cr3t@host/db", "holds a password: user and password belong in PGUSER"),
        ("postgresql://host/db?password=s3cr3t", "user and password belong in PGUSER"),
        ("postgresql://host/db?nonsense=s3cr3t", "no address of a PostgreSQL server"),
        ("s3://key:s3cr3t@bucket/x", "credentials belong in the environment"),
        ("s3://bucket/x?secret=s3cr3t", "credentials belong in the environment"),
        ("lancedb:gs://bucket", "a folder, or s3://BUCKET/PREFIX"),
        ("lancedb:", "name a folder"),
    ],
)
def test_what_is_no_address_of_a_store_is_one_line_without_the_secret(
    wrong: str, words: str
) -> None:
    with pytest.raises(LookalikeError) as caught:
        store_at(wrong)
    line = str(caught.value)
    assert words in line
    assert "s3cr3t" not in line
    assert len(line.splitlines()) == 1
