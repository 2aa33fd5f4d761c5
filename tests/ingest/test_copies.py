import pytest

from lookalike.ingest.copies import Copies, Copy
from lookalike.ingest.source import Candidate


def copy(path: str, split: str | None, label: str = "cat") -> Copy:
    return Copy(Candidate(path, label, path, 9, split), "same", 9)


@pytest.mark.parametrize(
    ("splits", "kept"),
    [
        (("train", "val", "test"), 2),
        (("test", "train", "valid"), 0),
        (("train", "Validation", "train"), 1),
        ((None, "train", None), 1),
        ((None, None, None), 0),
    ],
)
def test_of_equal_files_the_one_for_the_test_is_kept(
    splits: tuple[str | None, ...], kept: int
) -> None:
    copies = Copies()
    for number, split in enumerate(splits):
        copies.keeps(copy(f"{number}.jpg", split))
    assert copies.kept["same"].candidate.path == f"{kept}.jpg"
    assert {entry.duplicate_of for entry in copies.rejections()} == {f"{kept}.jpg"}
    assert len(copies.rejections()) == 2


def test_the_reason_says_which_is_kept_and_where() -> None:
    copies = Copies()
    assert copies.keeps(copy("a.jpg", "train"))
    assert copies.keeps(copy("b.jpg", "test", "dog"))
    assert copies.superseded == {"a.jpg"}
    (rejected,) = copies.rejections()
    assert rejected.reason == "duplicate of b.jpg, which is kept as dog in test"
    assert (copies.across_splits(), copies.with_another_label()) == (1, 1)


def test_names_of_one_subset_are_no_two_splits() -> None:
    copies = Copies()
    copies.keeps(copy("a.jpg", "val"))
    copies.keeps(copy("b.jpg", "validation"))
    assert copies.across_splits() == 0
