"""The data set's own split."""

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.split.select import Labeled
from lookalike.split.source import source_subsets


def images(*splits: str | None) -> list[Labeled]:
    return [Labeled(str(n), f"{n}.png", "cat", split) for n, split in enumerate(splits)]


@pytest.mark.parametrize(
    ("subset", "names"),
    [
        ("train", ["train", "training", "TRAIN", " Training "]),
        ("valid", ["valid", "validate", "validation", "val", "dev", "Val"]),
        ("test", ["test", "testing", "Test"]),
    ],
)
def test_the_usual_names_are_known(subset: str, names: list[str]) -> None:
    assert set(source_subsets(images(*names)).values()) == {subset}


def test_images_without_a_split_are_left_out_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert source_subsets(images("train", None, "test", None)) == {"0": "train", "2": "test"}
    assert capsys.readouterr().err == (
        "split: 2 of 4 images have no split in the source: left out\n"
    )


def test_unknown_names_are_named_with_the_known_ones() -> None:
    with pytest.raises(LookalikeError) as caught:
        source_subsets(images("train", "fold2", "fold1", "fold2"))
    assert str(caught.value) == (
        "split.method = source: the source has splits named 'fold1', 'fold2'; known are "
        "train/training, valid/validate/validation/val/dev, test/testing"
    )


def test_a_source_without_any_split_says_so() -> None:
    with pytest.raises(LookalikeError, match="no labeled image has a split in the source; use an"):
        source_subsets(images(None, None))
