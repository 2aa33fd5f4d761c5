import hashlib
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.images.whole_table import open_shards

from lookalike.core.errors import LookalikeError
from lookalike.images import shards
from lookalike.images.bands import Bands
from lookalike.images.shards import LARGEST, METADATA
from lookalike.images.store import ImageStore

Row = dict[str, Any]

AVERAGE = 2_000  # bytes
MAX = LARGEST * AVERAGE
write_shards = partial(shards.write_shards, average_bytes=AVERAGE)


def row(
    path: str, image: bytes, label: str | None = "cat", phash: int = 0, phash_mirrored: int = 0
) -> Row:
    return {
        "id": hashlib.sha256(image).hexdigest(),
        "path": path,
        "label": label,
        "source": f"photos/{path}",
        "width": 3,
        "height": 2,
        "channels": 1,
        "phash": phash,
        "phash_mirrored": phash_mirrored,
        "phash_flipped": phash,
        "phash_rotated": phash_mirrored,
        "phash_unframed": phash,
        "source_split": None,
        "image": image,
    }


def many_rows(count: int, seed: int = 0) -> list[Row]:
    """Rows of 100 to 500 random bytes, paths `0000.png`, `0010.png`, ..."""
    random = np.random.default_rng(seed)
    sizes = random.integers(100, 500, count)
    return [row(f"{i * 10:05d}.png", random.bytes(size)) for i, size in enumerate(sizes)]


def by_path(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["path"])


def written(rows: list[Row]) -> list[bytes]:
    """The files that rows become, in order."""
    with TemporaryDirectory() as folder:
        write_shards(rows, Path(folder, "images"))
        return [path.read_bytes() for path in sorted(Path(folder, "images").iterdir())]


def rows_of(shard: bytes) -> list[Row]:
    rows: list[Row] = pa.ipc.open_file(shard).read_all().to_pylist()
    return rows


any_rows = st.lists(
    st.builds(
        row,
        path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        image=st.binary(max_size=3000),
        label=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        phash=st.integers(0, 2**64 - 1),
        phash_mirrored=st.integers(0, 2**64 - 1),
    ),
    min_size=1,
    unique_by=lambda row: row["path"],
).map(by_path)


@given(any_rows)
def test_rows_come_back_as_they_were_written(rows: list[Row]) -> None:
    with TemporaryDirectory() as folder:
        write_shards(rows, Path(folder, "images"))
        assert open_shards(Path(folder, "images")).to_pylist() == rows


@given(any_rows)
def test_no_shard_is_empty_or_larger_than_allowed_unless_it_is_one_image(rows: list[Row]) -> None:
    for shard in written(rows):
        images = [row["image"] for row in rows_of(shard)]
        assert images
        assert len(images) == 1 or sum(map(len, images)) <= MAX


@pytest.mark.parametrize(("size", "shards_of"), [(3000, 2), (4000, 2), (4001, 1), (9000, 1)])
def test_a_shard_ends_where_the_next_image_would_not_fit(size: int, shards_of: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "_ends_shard", lambda *_: False)
        files = written([row(f"{number}.png", bytes([number]) * size) for number in range(6)])
    assert [len(rows_of(shard)) for shard in files] == [shards_of] * (6 // shards_of)


@given(any_rows)
def test_the_same_rows_give_the_same_bytes(rows: list[Row]) -> None:
    assert written(rows) == written(rows)


@given(
    rows=st.integers(1, 60).map(many_rows),
    place=st.integers(0, 600),
    image=st.binary(min_size=1, max_size=500),
)
def test_an_inserted_row_changes_only_the_shard_it_falls_into(
    rows: list[Row], place: int, image: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "LARGEST", 10**9)  # ends are decided by content alone
        before = written(rows)
        after = written(by_path([*rows, row(f"{place:05d}x.png", image)]))
    assert len(set(before) - set(after)) <= 1
    assert len(set(after) - set(before)) <= 2
    assert [shard for shard in after if shard in before] == [s for s in before if s in after]


@given(rows=st.integers(1, 60).map(many_rows), place=st.integers(0, 600), data=st.binary())
def test_shards_before_the_one_beside_an_inserted_row_never_change(
    rows: list[Row], place: int, data: bytes
) -> None:
    new = row(f"{place:05d}x.png", data)
    before = [shard for shard in written(rows) if rows_of(shard)[-1]["path"] < new["path"]][:-1]
    assert written(by_path([*rows, new]))[: len(before)] == before


@given(rows=st.integers(2, 60).map(many_rows), data=st.data())
def test_a_removed_row_changes_only_the_shards_beside_it(
    rows: list[Row], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "LARGEST", 10**9)
        before = written(rows)
        after = written([row for row in rows if row is not gone])
    assert len(set(before) - set(after)) <= 2
    assert len(set(after) - set(before)) <= 1


def test_an_insertion_far_from_the_end_leaves_the_last_shards_even_where_some_overflow() -> None:
    rows = many_rows(300)
    before = written(rows)
    after = written(by_path([*rows, row("00005.png", b"new" * 100)]))
    assert len(before) > 20
    assert before[-10:] == after[-10:]


def test_shards_have_the_average_size_that_was_asked_for() -> None:
    rows = many_rows(1000)
    total = sum(len(row["image"]) for row in rows)
    assert total / len(written(rows)) == pytest.approx(AVERAGE, rel=0.25)


def test_rows_keep_their_order_over_many_shards(tmp_path: Path) -> None:
    rows = many_rows(400)
    write_shards(rows, tmp_path / "images")
    assert len(list((tmp_path / "images").iterdir())) > 30
    assert open_shards(tmp_path / "images")["path"].to_pylist() == [row["path"] for row in rows]


def test_metadata_is_everything_but_the_images(tmp_path: Path) -> None:
    rows = many_rows(5)
    write_shards(rows, tmp_path / "images")
    metadata = ImageStore(tmp_path / "images").metadata
    assert metadata.to_pylist() == [{name: row[name] for name in METADATA} for row in rows]
    assert "image" not in metadata.column_names


def test_opening_reads_no_image_into_memory(tmp_path: Path) -> None:
    write_shards((row(f"{i}.png", bytes([i]) * 2**20) for i in range(8)), tmp_path / "images")
    before = pa.total_allocated_bytes()
    table = open_shards(tmp_path / "images")
    assert table["image"][7].as_py() == bytes([7]) * 2**20
    assert pa.total_allocated_bytes() - before < 2**20


@pytest.mark.parametrize("make", [True, False], ids=["empty folder", "no folder"])
def test_where_there_is_no_shard_the_stage_to_run_is_named(tmp_path: Path, make: bool) -> None:
    if make:
        (tmp_path / "images").mkdir()
    with pytest.raises(LookalikeError, match="images: holds no images; run the ingest stage first"):
        open_shards(tmp_path / "images")


@pytest.mark.parametrize("left", [0, 100, -1])
def test_an_incomplete_shard_is_named(tmp_path: Path, left: int) -> None:
    write_shards(many_rows(3), tmp_path / "images")
    path = tmp_path / "images" / "part-00000.arrow"
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(LookalikeError, match=r"part-00000\.arrow: is not an intact shard .*ingest"):
        open_shards(tmp_path / "images")


# --- bands -----------------------------------------------------------------------------------


def test_a_choice_of_bands_goes_with_every_shard(tmp_path: Path) -> None:
    bands = Bands(chosen=(8, 4), rgb=(4, 3, 2))
    write_shards(many_rows(100), tmp_path / "images", bands)
    paths = sorted((tmp_path / "images").iterdir())
    assert len(paths) > 3
    for path in paths:
        assert Bands.from_metadata(pa.ipc.open_file(path.read_bytes()).schema.metadata) == bands
    assert ImageStore(tmp_path / "images").bands == bands


def test_shards_of_rgb_images_carry_no_metadata(tmp_path: Path) -> None:
    write_shards(many_rows(3), tmp_path / "images")
    assert open_shards(tmp_path / "images").schema.metadata is None
