"""What changed between two revisions, from Git and the cache alone."""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest
from tests.compare.conftest import Repository, query

from lookalike.compare.comparison import compare
from lookalike.compare.data_changes import counts_by_class
from lookalike.core.json_file import to_json

OneLineError = Callable[..., AbstractContextManager[None]]


def test_it_says_what_is_better_which_images_changed_and_why(compared: Repository) -> None:
    found = compare(compared.at("main"), compared.at())
    assert found.test_images == (39, 40, 39)
    assert [(change.id, change.direction) for change in found.queries] == [
        ("00", "worse"),
        ("01", "worse"),
    ]
    assert found.metrics["accuracy"].difference == pytest.approx(-2 / 39)
    assert counts_by_class(found.data or []) == {
        "dog": {"added": 1, "removed": 1, "relabeled": 1, "moved": 1}
    }
    assert found.parameters == [("train.epochs", None, "3"), ("train.lr", "0.1", "0.2")]
    assert found.libraries == [("torch", "2.0", "2.1")]


def test_different_test_sets_are_said_so(compared: Repository) -> None:
    notes = compare(compared.at("main"), compared.at()).notes
    assert any("test sets differ (39 and 40 images)" in note for note in notes)


def test_a_clone_without_cache_has_the_figures(compared: Repository) -> None:
    compared.commit()
    shutil.rmtree(compared.root / ".dvc/cache")
    compared.layout.split.unlink()
    found = compare(compared.at("main~1"), compared.at("main"))
    assert found.metrics["accuracy"].images == 39
    assert found.data is None
    assert "--pull" in found.notes[-1]


def test_nothing_is_checked_out(compared: Repository) -> None:
    status = compared.git("status", "--porcelain")
    compare(compared.at("main"), compared.at())
    assert compared.git("status", "--porcelain") == status


def test_an_experiment_is_found_by_its_name(compared: Repository) -> None:
    commit = compared.commit()
    compared.git("update-ref", f"refs/exps/ab/{'c' * 38}/brave-pug", commit)
    assert compared.at("brave-pug").commit == commit


def test_two_experiments_of_one_name_have_to_be_told_apart(
    compared: Repository, one_line_error: OneLineError
) -> None:
    commit = compared.commit()
    for base in "cd":
        compared.git("update-ref", f"refs/exps/ab/{base * 38}/brave-pug", commit)
    with one_line_error("brave-pug: 2 experiments"):
        compared.at("brave-pug")


@pytest.mark.parametrize("name", ["nowhere", "--help", "", "main:params.yaml"])
def test_a_revision_that_is_none_is_one_line(
    compared: Repository, one_line_error: OneLineError, name: str
) -> None:
    with one_line_error(f"{name}: no revision or experiment"):
        compared.at(name)


def test_a_revision_that_was_not_evaluated_is_one_line(
    compared: Repository, one_line_error: OneLineError
) -> None:
    compared.git("rm", "--quiet", "--cached", "metrics/evaluate/queries.csv")
    compared.git("commit", "--quiet", "--message", "without")
    with one_line_error("main: ", "queries.csv is missing there", "dvc repro"):
        compare(compared.at("main"), compared.at())


def test_a_broken_table_is_one_line(compared: Repository, one_line_error: OneLineError) -> None:
    compared.write("metrics/evaluate/queries.csv", "id,label\n1\n")
    with one_line_error("workspace: ", "is not what evaluate writes"):
        compare(compared.at("main"), compared.at())


def test_a_lock_file_cannot_name_files_outside_of_the_cache(compared: Repository) -> None:
    outs = [{"path": "data/split.csv", "md5": "../../../../params.yaml"}]
    compared.write("dvc.lock", to_json({"stages": {"split": {"outs": outs}}}))
    compared.layout.split.unlink()
    assert compared.at().output(compared.layout.split) is None


def test_labels_from_elsewhere_do_not_command_the_terminal(
    repository: Repository, run: Callable[..., tuple[int, str]]
) -> None:
    repository.queries({"1": query("cat\x1b[2J", "cat\x1b[2J")})
    repository.split({})
    repository.commit()
    repository.queries({"1": query("cat\x1b[2J", "dog")})
    code, text = run(repository.root, "compare", "main")
    assert code == 0
    assert "cat\\x1b[2J: 0 better, 1 worse" in text
    assert "\x1b" not in text


def test_the_command_prints_text_and_json(
    compared: Repository, run: Callable[..., tuple[int, str]]
) -> None:
    code, text = run(compared.root, "compare")
    assert code == 0
    assert "main → workspace, on 39 test images" in text
    assert "test images that changed: 0 better, 2 worse" in text
    code, text = run(compared.root, "compare", "main", "--json")
    content: Mapping[str, object] = json.loads(text)
    assert content["test_images"] == {"before": 39, "after": 40, "compared": 39}
    assert len(content["data"]["images"]) == 3
