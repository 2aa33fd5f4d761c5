import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from sklearn.metrics import roc_auc_score
from tests.compare.conftest import Repository, repository
from torch import Tensor
from typer.testing import CliRunner, Result

from lookalike.cli import app
from lookalike.index.storage import open_index
from lookalike.review.drift import find_drift
from lookalike.review.new_images import since_revision, subset_against_others

__all__ = ["repository"]  # a fixture of the comparison's own tests

OneLineError = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def run(tiny_project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `lookalike drift` in the tiny project."""
    monkeypatch.chdir(tiny_project)
    return lambda *arguments: CliRunner().invoke(app, ["drift", *map(str, arguments)])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of twelve crops of a photograph, and a file that is no image."""
    folder = tmp_path / "photos"
    folder.mkdir()
    temple = Image.fromarray(load_sample_image("china.jpg"))
    for number in range(12):
        temple.crop((40 * number, 0, 40 * number + 160, 160)).save(folder / f"{number:02d}.png")
    (folder / "broken.png").write_bytes((folder / "00.png").read_bytes()[:500])
    return folder


def test_photographs_are_unlike_digits(run: Callable[..., Result], photos: Path) -> None:
    done = run(photos, "--fail-on-drift")
    assert "12 new images differ from 120 others as a whole (p = 0.001)" in done.output
    assert done.exit_code == 1


def test_indexed_digits_are_like_digits(run: Callable[..., Result], tiny_source: Path) -> None:
    done = run(*(tiny_source / f"{label}/1{number}.png" for label in range(6) for number in (1, 5)))
    assert "12 new images are like 120 others" in done.output
    assert done.exit_code == 0


def test_json_has_every_image_the_farthest_first(
    run: Callable[..., Result], photos: Path, tiny_source: Path
) -> None:
    done = run(tiny_source / "3/03.png", photos / "03.png", "--json")
    answer = json.loads(done.stdout)
    assert [Path(image["path"]).name for image in answer["images"]] == ["03.png", "03.png"]
    assert answer["images"][0]["path"].startswith(str(photos))
    assert answer["images"][0]["distance"] > answer["usual_distance"]


def test_a_subset_is_compared_with_the_others(tiny_index: Path) -> None:
    sides = subset_against_others(open_index(tiny_index), "test")
    assert (len(sides.reference), len(sides.new), len(sides.names)) == (102, 18, 18)


def test_a_subset_that_is_not_there_is_one_line(
    tiny_index: Path, one_line_error: OneLineError
) -> None:
    with one_line_error("no indexed image is in the subset 'tset'"):
        subset_against_others(open_index(tiny_index), "tset")


def test_what_a_revision_did_not_have_is_new(repository: Repository, tiny_index: Path) -> None:
    index = open_index(tiny_index)
    repository.thumbnails({**dict.fromkeys(index.ids[:100], "red"), "gone": "blue"})
    repository.commit()
    sides = since_revision(index, repository.layout, "main", pull=False)
    assert sides.names == index.metadata["path"].to_pylist()[100:]
    assert len(sides.reference) == 100


def test_a_revision_that_has_all_images_is_one_line(
    repository: Repository, tiny_index: Path, one_line_error: OneLineError
) -> None:
    index = open_index(tiny_index)
    repository.thumbnails(dict.fromkeys(index.ids, "red"))
    repository.commit()
    with one_line_error("no image is here that main does not have"):
        since_revision(index, repository.layout, "main", pull=False)


def test_a_revision_without_an_index_is_one_line(
    repository: Repository, tiny_index: Path, one_line_error: OneLineError
) -> None:
    repository.commit()
    with one_line_error("main: which images it has is not here; --pull"):
        since_revision(open_index(tiny_index), repository.layout, "main", pull=False)


def test_images_of_another_kind_are_the_most_novel(digits: tuple[Tensor, Tensor]) -> None:
    vectors, targets = digits
    known, foreign = vectors[targets != 4], vectors[targets == 4][:20]
    names = ["known"] * 100 + ["foreign"] * 20
    found = find_drift(known[100:], torch.cat([known[:100], foreign]), names)
    is_foreign = [image.name == "foreign" for image in found.images]
    assert roc_auc_score(is_foreign, [image.novelty for image in found.images]) > 0.95
    assert [image.name for image in found.far].count("known") <= 5


@pytest.mark.parametrize("words", [(), ("a.png", "--subset", "test")])
def test_one_kind_of_new_images_has_to_be_named(
    words: tuple[str, ...], run: Callable[..., Result]
) -> None:
    assert run(*words).exit_code == 2
