import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from tests.review.conftest import HEADER
from typer.testing import CliRunner

from lookalike.cli import app
from lookalike.core.layout import Layout
from lookalike.images.shards import SHARDS, write_shards
from lookalike.images.store import ImageStore
from lookalike.review.review import Review, review

OneLineError = Callable[..., AbstractContextManager[None]]
RELABELED = "3/07.png"


@pytest.fixture
def mislabeled(reviewed: Layout, tiny_images: ImageStore) -> Layout:
    """The tiny project in which a three is labeled as a zero."""
    shards = sorted(tiny_images.folder.glob(SHARDS))
    tables = [pa.ipc.open_file(pa.memory_map(str(shard))).read_all() for shard in shards]
    rows = pa.concat_tables(tables).to_pylist()
    for row in rows:
        if row["path"] == RELABELED:
            row["label"] = "0"
    reviewed.images.unlink()
    write_shards(rows, reviewed.images)
    return reviewed


def paths(found: Review, kind: str) -> list[str]:
    names = found.images.metadata["path"].to_pylist()
    return [names[finding.row] for finding in found.of_kind(kind)]


def test_a_wrong_label_comes_first_with_the_right_one(mislabeled: Layout) -> None:
    found = review(mislabeled)
    first = found.of_kind("label")[0]
    assert paths(found, "label")[0] == RELABELED
    assert first.likely_label == "3"
    labels = found.images.metadata["label"].to_pylist()
    assert [labels[row] for row in first.examples] == ["0", "3"]


def test_what_people_have_kept_is_not_found_again(mislabeled: Layout) -> None:
    table = mislabeled.root / "data/corrections.csv"
    table.write_text(f"{HEADER}{RELABELED},,keep,0\n")
    assert RELABELED not in paths(review(mislabeled), "label")


def test_what_was_kept_under_another_label_is_found_again(mislabeled: Layout) -> None:
    table = mislabeled.root / "data/corrections.csv"
    table.write_text(f"{HEADER}{RELABELED},,keep,3\n")
    assert RELABELED in paths(review(mislabeled), "label")


def test_the_same_file_under_another_name_is_found(reviewed: Layout) -> None:
    reviewed.rejected.write_text(
        "path,reason,bytes,kind,duplicate_of,source_split\n"
        "1/copy.png,duplicate of 0/00.png,99,duplicate,0/00.png,\n"
    )
    assert paths(review(reviewed), "duplicate") == ["0/00.png"]


def test_the_same_review_is_the_same_twice(mislabeled: Layout) -> None:
    assert review(mislabeled).to_dict() == review(mislabeled).to_dict()


def test_embeddings_of_other_images_are_one_line(
    reviewed: Layout, tiny_embeddings: Path, one_line_error: OneLineError
) -> None:
    reviewed.embeddings.unlink()
    reviewed.embeddings.mkdir()
    vectors = np.load(tiny_embeddings / "vectors.npy")
    np.save(reviewed.embeddings / "vectors.npy", vectors[:-1])
    table = pa.ipc.open_file(tiny_embeddings / "rows.arrow").read_all()[:-1]
    with pa.ipc.new_file(reviewed.embeddings / "rows.arrow", table.schema) as writer:
        writer.write_table(table)
    with one_line_error("data/embeddings: not of the images", "embed again"):
        review(reviewed)


def test_the_command_lists_draws_and_writes_json(
    mislabeled: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mislabeled.root)
    grid = tmp_path / "grid.png"
    done = CliRunner().invoke(app, ["review", "--grid", str(grid)], catch_exceptions=False)
    assert f"{RELABELED}  0" in " ".join(done.stdout.split("\n"))
    assert "6 classes: from 19 (3) to 21 images (0)" in done.stdout
    with Image.open(grid) as drawn:
        assert drawn.format == "PNG"
    answer = json.loads(CliRunner().invoke(app, ["review", "--json"]).stdout)
    assert answer["images"] == 120
    (finding,) = [each for each in answer["findings"] if each["path"] == RELABELED][:1]
    assert (finding["kind"], finding["label"], finding["likely_label"]) == ("label", "0", "3")
