"""The whole parameter file."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import pytest

from lookalike.core.errors import LookalikeError
from lookalike.core.params import BaseParams, read_params
from lookalike.project.parameters import BLOCKS, Parameters, read_all
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def params(tmp_path: Path) -> Path:
    return tmp_path / "params.yaml"


def test_the_projects_own_file_is_valid() -> None:
    assert isinstance(read_all(REPOSITORY / "params.yaml"), Parameters)


def test_the_projects_own_file_leaves_nothing_to_defaults() -> None:
    from lookalike.core.params import read_yaml

    content = read_yaml(REPOSITORY / "params.yaml")
    values = asdict(read_all(REPOSITORY / "params.yaml"))
    assert {name: list(block) for name, block in content.items()} == {
        name: list(type(block).model_fields) for name, block in values.items()
    }


def test_a_block_is_read_under_its_own_name() -> None:
    assert {name: block.block for name, block in BLOCKS.items()} == {name: name for name in BLOCKS}


def test_what_is_absent_has_its_default(params: Path) -> None:
    params.write_text("base:\n  seed: 7\ntrain:\n")
    read = read_all(params)
    assert read.base == BaseParams(seed=7)
    assert read.train == TrainParams()


def test_every_problem_of_the_file_has_a_line(params: Path) -> None:
    params.write_text(
        "trian: {}\nbase: {seed: -1}\nindex: {engine: {name: annoy, trees: 0, search_k: many}}\n"
    )
    with pytest.raises(LookalikeError) as caught:
        read_all(params)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    for line, word in zip(
        lines, ["trian", "base.seed", "index.engine.trees", "search_k"], strict=True
    ):
        assert line.startswith(f"{params}: ")
        assert word in line


def test_an_unknown_block_is_answered_with_those_there_are(
    params: Path, one_line_error: OneLineError
) -> None:
    params.write_text("trian: {}\n")
    with one_line_error("trian: there is no such block; there are base, ingest, split, train"):
        read_all(params)


@pytest.mark.parametrize("text", ["", "- a\n", "base: [\n", "just text"])
def test_a_file_that_holds_no_blocks_is_one_line(
    text: str, params: Path, one_line_error: OneLineError
) -> None:
    params.write_text(text)
    with one_line_error(str(params)):
        read_all(params)


def test_a_missing_file_is_one_line(params: Path, one_line_error: OneLineError) -> None:
    with one_line_error(f"{params}: cannot be read"):
        read_all(params)


@pytest.mark.parametrize(
    ("block", "key", "today"),
    [
        ("train", "best_by", "train.monitor"),
        ("train", "checkpoint_every", "machine.checkpoint_every"),
        ("evaluate", "map", "evaluate.projection"),
        ("machine", "memo_gigabytes", "machine.embedding_cache_gigabytes"),
    ],
)
def test_a_key_that_was_renamed_says_what_it_is_called_now(
    tmp_path: Path, block: str, key: str, today: str, one_line_error: OneLineError
) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(f"{block}: {{{key}: 1}}\n")
    with one_line_error(f"{block}.{key}", f"it is called {today} now"):
        read_params(BLOCKS[block], path=path)
