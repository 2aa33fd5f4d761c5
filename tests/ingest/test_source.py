import pytest

from lookalike.ingest.source import LabelRule, label_of


@pytest.mark.parametrize(
    ("rule", "labels"),
    [
        ("folder", [None, "animals", "animals/cat", "plants/trees/oak"]),
        ("top_folder", [None, "animals", "animals", "plants"]),
        ("none", [None, None, None, None]),
    ],
)
def test_labels_are_taken_from_folders_by_rule(rule: LabelRule, labels: list[str | None]) -> None:
    paths = ["a.png", "animals/a.png", "animals/cat/a.png", "plants/trees/oak/a.png"]
    assert [label_of(path, rule) for path in paths] == labels
