import pytest

from lookalike.ingest.folder_labels import LabelRule, label_of


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        ("folder", [None, "animals", "animals/cat", "plants/trees/oak"]),
        ("parent", [None, "animals", "cat", "oak"]),
        ("top_folder", [None, "animals", "animals", "plants"]),
        ("none", [None, None, None, None]),
    ],
)
def test_labels_are_taken_from_folders_by_rule(rule: LabelRule, labels: list[str | None]) -> None:
    folders = [(), ("animals",), ("animals", "cat"), ("plants", "trees", "oak")]
    assert [label_of(names, rule) for names in folders] == labels
