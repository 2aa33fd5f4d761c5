"""The opened image store."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops
from tests.images.whole_table import open_shards

from lookalike.core.errors import DataError, NotReadyError
from lookalike.images.bands import Bands
from lookalike.images.shards import write_shards
from lookalike.images.store import ImageStore


def test_a_row_is_the_image_of_its_path(tiny_images: ImageStore, tiny_source: Path) -> None:
    path = tiny_images.metadata["path"][7].as_py()
    expected = Image.open(tiny_source / path).convert("RGB")
    assert ImageChops.difference(tiny_images.picture(7), expected).getbbox() is None


def test_an_image_is_kept_as_it_came(tiny_images: ImageStore, tiny_source: Path) -> None:
    path = tiny_images.metadata["path"][7].as_py()
    assert tiny_images.encoded(7) == (tiny_source / path).read_bytes()
    assert tiny_images.encoded_slice(6, 2)[1] == tiny_images.encoded(7)


def test_ids_are_in_the_order_of_the_rows(tiny_images: ImageStore) -> None:
    assert len(tiny_images.ids) == len(tiny_images) == 120
    assert tiny_images.ids[7] == tiny_images.metadata["id"][7].as_py()


def test_of_bands_those_for_people_are_shown(tile_images: Callable[[Bands], ImageStore]) -> None:
    one, other = (
        np.asarray(tile_images(Bands(chosen=(5,), rgb=rgb)).picture(0))
        for rgb in [(1, 2, 3), (3, 2, 1)]
    )
    assert np.array_equal(one, other[:, :, ::-1])


def test_without_shards_ingest_has_to_run_first(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="run the ingest stage first"):
        ImageStore(tmp_path)


def test_a_broken_shard_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-00000.arrow").write_bytes(b"no Arrow")
    with pytest.raises(DataError, match=r"part-00000\.arrow"):
        ImageStore(tmp_path)


@pytest.mark.parametrize("limit", ["MAPPED_SHARDS", "MAPPED_BYTES"])
def test_more_shards_are_read_than_may_be_mapped_at_once(
    tmp_path: Path, tiny_images: ImageStore, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    rows = open_shards(tiny_images.folder).to_pylist()
    write_shards(rows, tmp_path / "images", average_bytes=100)
    sizes = [file.stat().st_size for file in (tmp_path / "images").iterdir()]
    most = 3 if limit == "MAPPED_SHARDS" else 3 * sum(sizes) // len(sizes)
    monkeypatch.setattr(f"lookalike.images.store.{limit}", most)
    images = ImageStore(tmp_path / "images")
    for row in [*range(0, 120, 7), *range(119, 0, -7)]:
        assert images.encoded(row) == rows[row]["image"]
    mapped = Path("/proc/self/maps").read_text().count(str(tmp_path))
    assert 0 < mapped <= 3 < len(list((tmp_path / "images").iterdir()))
