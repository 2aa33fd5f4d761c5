import pytest

from lookalike.ingest.split_folders import find_split_folders


def understood(*paths: str) -> list[tuple[str | None, str]] | None:
    """Of each path the split and the folders that say the label; None where there is no split."""
    folders = [tuple(path.split("/")[:-1]) for path in paths]
    found = find_split_folders(folders)
    if found is None:
        return None
    return [(found.split_of(names), "/".join(found.folders_without(names))) for names in folders]


@pytest.mark.parametrize(
    ("train", "valid", "test"),
    [("train", "valid", "test"), ("Training", "Validation", "Testing"), ("TRAIN", "dev", "Test")],
)
def test_folders_of_the_usual_names_are_a_split_and_no_labels(
    train: str, valid: str, test: str
) -> None:
    paths = (f"{train}/cat/1", f"{train}/dog/2", f"{valid}/cat/3", f"{test}/dog/4")
    assert understood(*paths) == [(train, "cat"), (train, "dog"), (valid, "cat"), (test, "dog")]


def test_flat_split_folders_give_no_label() -> None:
    assert understood("train/1", "test/2") == [("train", ""), ("test", "")]


def test_one_folder_around_them_is_no_part_of_labels() -> None:
    assert understood("set/train/cat/1", "set/val/cat/2") == [("train", "cat"), ("val", "cat")]


def test_every_class_may_have_its_own() -> None:
    assert understood("cat/train/1", "cat/test/2", "dog/train/3") == [
        ("train", "cat"),
        ("test", "cat"),
        ("train", "dog"),
    ]


def test_what_lies_beside_them_has_no_split_and_no_label() -> None:
    assert understood("train/cat/1", "test/cat/2", "extra/cat/3", "4") == [
        ("train", "cat"),
        ("test", "cat"),
        (None, ""),
        (None, ""),
    ]


def test_a_single_split_folder_that_holds_everything_is_one() -> None:
    assert understood("train/cat/1", "train/dog/2") == [("train", "cat"), ("train", "dog")]


@pytest.mark.parametrize(
    "paths",
    [
        ("train/1", "bus/2", "car/3"),
        ("cat/1", "dog/2"),
        ("1", "2"),
        ("gym/training/1", "exam/test/2", "car/sedan/3"),
        (),
    ],
)
def test_classes_with_such_names_are_no_split(paths: tuple[str, ...]) -> None:
    assert understood(*paths) is None
