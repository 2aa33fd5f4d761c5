"""Images added to an index and removed from it, before the pipeline runs again."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lookalike.core.errors import DataError, LookalikeError, QueryError
from lookalike.fresh import store
from lookalike.fresh.fresh_images import Added, FreshImages
from lookalike.search.queries import ById
from lookalike.search.searcher import Searcher, open_searcher

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def of_index(tiny_model: Path, tiny_index: Path, tiny_export: Path) -> Searcher:
    return open_searcher(tiny_model, tiny_index, export=tiny_export)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fresh" / "images.sqlite"


@pytest.fixture
def fresh(path: Path, of_index: Searcher) -> FreshImages:
    return FreshImages(path, of_index)


@pytest.fixture(scope="module")
def photos(encoded: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Forty images that the index does not have: larger sevens."""
    digits = load_digits()
    folder = tmp_path_factory.mktemp("photos")
    paths = []
    for number, pixels in enumerate(digits.images[digits.target == 7][:40]):
        gray = np.kron((255 - pixels * 255 / 16).round().astype(np.uint8), np.ones((20, 30)))
        paths.append(folder / f"{number:02d}.png")
        paths[-1].write_bytes(encoded(gray.astype(np.uint8)))
    return paths


def outcomes(done: Iterable[Added | QueryError]) -> list[str]:
    return [each.outcome if isinstance(each, Added) else str(each) for each in done]


def test_an_added_image_is_found_at_once(fresh: FreshImages, photos: list[Path]) -> None:
    (added,) = fresh.add([photos[0]], label="seven")
    assert isinstance(added, Added)
    assert added.id == hashlib.sha256(photos[0].read_bytes()).hexdigest()
    hit = fresh.searcher.search(photos[0], k=1).hits[0]
    assert (hit.id, hit.label, hit.width, hit.height) == (added.id, "seven", 240, 160)
    assert hit.similarity == pytest.approx(1)
    assert hit.source == f"added:{photos[0]}"
    with Image.open(BytesIO(fresh.searcher.thumbnail(added.id) or b"")) as small:
        assert (small.format, small.size) == ("WEBP", (96, 64))
    assert fresh.file(added.id) == photos[0].read_bytes()


def test_filters_and_ids_reach_added_images(fresh: FreshImages, photos: list[Path]) -> None:
    list(fresh.add(photos[:3], label="seven"))
    found = fresh.searcher.search(photos[5], k=10, where="label = 'seven'")
    assert {hit.path for hit in found.hits} == {str(path) for path in photos[:3]}
    again = fresh.searcher.search(ById(found.hits[0].id), k=500, exclude_query=True)
    assert len(again.hits) == 120 + 2


def test_an_image_is_added_once(fresh: FreshImages, photos: list[Path], tiny_source: Path) -> None:
    files = [photos[0], photos[0], tiny_source / "3/03.png"]
    assert outcomes(fresh.add(files)) == ["added", "known", "indexed"]
    assert outcomes(fresh.add(files, label="new")) == ["known", "known", "indexed"]
    assert [record["label"] for record in fresh.searcher.gallery.added] == ["new"]


def test_what_is_no_image_is_named_and_the_others_are_added(
    fresh: FreshImages, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("text")
    done = outcomes(fresh.add([photos[0], tmp_path / "text.png", tmp_path / "missing.png"]))
    assert done[0] == "added"
    assert done[1].startswith(f"{tmp_path / 'text.png'}: cannot be added: ")
    assert "missing.png: cannot be read" in done[2]


def test_removed_images_are_found_no_more_until_they_are_added_again(
    fresh: FreshImages, photos: list[Path], tiny_source: Path, path: Path, of_index: Searcher
) -> None:
    list(fresh.add(photos[:1]))
    indexed = tiny_source / "3/03.png"
    ids = [hashlib.sha256(file.read_bytes()).hexdigest() for file in (photos[0], indexed)]
    fresh.remove(ids)
    found = fresh.searcher.search(indexed, k=500).hits
    assert len(found) == 119
    assert not {hit.id for hit in found} & set(ids)
    assert photos[0].read_bytes() not in path.read_bytes()
    assert outcomes(fresh.add([photos[0], indexed])) == ["added", "restored"]
    assert len(FreshImages(path, of_index).searcher.gallery) == 121


def test_to_remove_an_unknown_image_removes_none(
    fresh: FreshImages, tiny_source: Path, one_line_error: OneLineError
) -> None:
    known = hashlib.sha256((tiny_source / "3/03.png").read_bytes()).hexdigest()
    with one_line_error("unknown: no image of this id", kind=QueryError):
        fresh.remove([known, "unknown"])
    assert fresh.searcher.gallery.row_of(known) is not None


def test_another_process_sees_what_was_added(
    fresh: FreshImages, photos: list[Path], path: Path, of_index: Searcher
) -> None:
    other = FreshImages(path, of_index)
    assert len(other.searcher.gallery) == 120
    for number, photo in enumerate(photos[:3], start=121):
        list(fresh.add([photo]))
        assert len(other.searcher.gallery) == number


ADD = """
import sys
from lookalike.fresh.fresh_images import FreshImages
from lookalike.search.searcher import open_searcher
model, index, export, path, *files = sys.argv[1:]
fresh = FreshImages(path, open_searcher(model, index, export=export))
print("ready", flush=True)
sys.stdin.readline()
for file in files:
    list(fresh.add([file]))
print("torch" in sys.modules)
"""


def test_writers_in_several_processes_lose_nothing(
    photos: list[Path],
    path: Path,
    of_index: Searcher,
    tiny_model: Path,
    tiny_index: Path,
    tiny_export: Path,
) -> None:
    command: list[str | Path] = [
        sys.executable,
        "-c",
        ADD,
        tiny_model,
        tiny_index,
        tiny_export,
        path,
    ]
    writers = [
        subprocess.Popen(
            [*command, *photos[start::2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for start in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.communicate("go\n")[0] == "False\n"  # nor did it need torch
    added = FreshImages(path, of_index).searcher.gallery.added
    assert {record["path"] for record in added} == {str(photo) for photo in photos}


@pytest.fixture
def retrained(tiny_index: Path, tiny_model: Path, tiny_export: Path, tmp_path: Path) -> Searcher:
    """A searcher whose model has another fingerprint."""
    for name, folder in {"index": tiny_index, "export": tiny_export}.items():
        file = shutil.copytree(folder, tmp_path / name) / f"{name.replace('export', 'model')}.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"model_sha256": "f" * 64}))
    return open_searcher(tmp_path / "none", tmp_path / "index", export=tmp_path / "export")


def test_embeddings_of_another_model_are_not_found_until_the_files_are_embedded_anew(
    fresh: FreshImages,
    photos: list[Path],
    path: Path,
    retrained: Searcher,
    capsys: pytest.CaptureFixture[str],
) -> None:
    list(fresh.add(photos[:2], label="seven"))
    with closing(sqlite3.connect(path)) as database:  # as the other model would give them
        database.execute("UPDATE images SET embedding = zeroblob(length(embedding))")
        database.commit()
    later = FreshImages(path, retrained)
    assert len(later.searcher.gallery) == 120
    (line,) = capsys.readouterr().err.splitlines()
    assert "2 images were embedded with another model" in line
    assert "lookalike add --prune" in line
    assert later.prune().embedded == 2
    hit = later.searcher.search(photos[1], k=1).hits[0]
    assert (hit.path, hit.label) == (str(photos[1]), "seven")


def test_what_the_index_has_by_now_is_dropped(
    fresh: FreshImages, photos: list[Path], path: Path, of_index: Searcher, tiny_source: Path
) -> None:
    list(fresh.add(photos[:2]))
    indexed = hashlib.sha256((tiny_source / "3/03.png").read_bytes()).hexdigest()
    with closing(sqlite3.connect(path)) as database:  # as if the index had come to hold it since
        changed = "UPDATE images SET id = ? WHERE path = ?"
        database.execute(changed, [indexed, str(photos[0])])
        database.commit()
    later = FreshImages(path, of_index)
    assert len(later.searcher.gallery) == 121
    later.remove([indexed])
    list(later.add([photos[0]]))
    pruned = later.prune()
    assert (pruned.images, pruned.removals) == (0, 0)
    assert len(later.searcher.gallery) == 119 + 2


@pytest.mark.parametrize("label", ["a\x1b[2J", "\udcff", "two\nlines"])
def test_a_label_that_is_no_plain_text_is_refused(
    label: str, fresh: FreshImages, photos: list[Path], one_line_error: OneLineError
) -> None:
    with one_line_error("label: ", kind=QueryError):
        list(fresh.add(photos[:1], label))
    assert fresh.searcher.gallery.added == []


@pytest.mark.parametrize(("limit", "value"), [("MOST_IMAGES", 1), ("MOST_BYTES", 100)])
def test_it_is_bounded_and_what_is_too_much_is_not_added(
    limit: str,
    value: int,
    fresh: FreshImages,
    photos: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    one_line_error: OneLineError,
) -> None:
    monkeypatch.setattr(store, limit, value)
    with one_line_error(str(value), "dvc repro"):
        list(fresh.add(photos[:2]))
    assert fresh.searcher.gallery.added == []


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + bytes(4096)])
def test_a_broken_file_is_one_line(
    content: bytes, fresh: FreshImages, path: Path, one_line_error: OneLineError
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with one_line_error(str(path), "remove it", kind=DataError):
        _ = fresh.searcher


def test_a_database_of_another_program_stays_as_it_is(
    fresh: FreshImages, path: Path, photos: list[Path]
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE images (id)")
    before = path.read_bytes()
    with pytest.raises(LookalikeError, match="another program"):
        list(fresh.add(photos[:1]))
    assert path.read_bytes() == before


def test_what_was_embedded_in_other_numbers_is_embedded_anew(
    int8_project: Path, photos: list[Path], path: Path, tmp_path: Path
) -> None:
    models = int8_project / "models"
    in_int8 = open_searcher(models / "model", models / "index")
    list(FreshImages(path, in_int8).add(photos[:2]))
    assert FreshImages(path, in_int8).prune().embedded == 0
    index = shutil.copytree(models / "index", tmp_path / "index")
    content = json.loads((index / "index.json").read_text())
    content["numerics"] = {"engine": "torch", "precision": "fp32"}
    (index / "index.json").write_text(json.dumps(content))
    by_torch, by_graph = (
        open_searcher(models / "model", index, runtime=runtime)
        for runtime in ("torch", "onnxruntime")
    )
    assert FreshImages(path, by_torch).prune().embedded == 2
    assert FreshImages(path, by_graph).prune().embedded == 0
