from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.core.params import read_params
from lookalike.split.params import Ratios, SplitParams


def read(tmp_path: Path, text: str) -> SplitParams:
    (tmp_path / "params.yaml").write_text(f"split: {text}")
    return read_params(SplitParams, path=tmp_path / "params.yaml")


@pytest.mark.parametrize("classes", [None, 1, 20, ["cat", "dog"], []])
def test_classes_are_all_a_number_or_names(tmp_path: Path, classes: object) -> None:
    text = "null" if classes is None else str(classes)
    assert read(tmp_path, f"{{classes: {text}}}").classes == classes


def test_quoted_numbers_are_names(tmp_path: Path) -> None:
    assert read(tmp_path, "{classes: ['1', '02']}").classes == ["1", "02"]


def test_ratios_may_be_thirds(tmp_path: Path) -> None:
    third = 0.3333333
    text = f"{{ratios: {{train: {third}, valid: {third}, test: {third}}}}}"
    assert read(tmp_path, text).ratios == Ratios(train=third, valid=third, test=third)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "{ratios: {train: 0.8}}",
            "split.ratios: train, valid and test add up to 1.1; they should add up to 1",
        ),
        (
            "{ratios: {train: 1.0, valid: 0.1, test: 0.1}}",
            "split.ratios.train = 1.0: input should be less than 1",
        ),
        (
            "{classes: [cat, dog], exclude_classes: [dog, cow]}",
            "split: classes and exclude_classes both name dog",
        ),
        ("{classes: 0}", "split: classes = 0: should be at least 1, or null for all"),
        (
            "{samples_per_class: 0}",
            "split.samples_per_class = 0: input should be greater than or equal to 1",
        ),
        (
            "{classes: [cat, 1, 02]}",
            "split.classes = ['cat', 1, 2]: names that YAML reads as something else need quotes: "
            "'1', '2'",
        ),
        (
            "{exclude_classes: [1.5]}",
            "split.exclude_classes = [1.5]: names that YAML reads as something else need quotes: "
            "'1.5'",
        ),
        (
            "{previous: splits/first.csv}",
            "split: previous is for method: hashed, not for method: stratified",
        ),
        (
            "{method: hashed, previous: ./data/split.csv}",
            "split: previous = data/split.csv: DVC removes that file before the stage runs; name "
            "a copy",
        ),
        (
            "{ratios: {trian: 0.7}}",
            "split.ratios.trian: there is no such parameter; did you mean split.ratios.train?",
        ),
    ],
)
def test_what_cannot_be_split_by_is_refused(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(LookalikeError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'params.yaml'}: {line}"
