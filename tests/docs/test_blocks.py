"""Every code block of the documentation is run by `test_pages`, or says why it is not."""

import re
import shlex
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from lookalike.cli import app
from lookalike.core.params import parse_block
from lookalike.project.parameters import BLOCKS

from .blocks import CODE, GENERATED, PAGES, REPOSITORY, Block, blocks, commands

WRITTEN = [page for page in PAGES if page not in GENERATED]
ALL = [block for page in WRITTEN for block in blocks(page)]


def of(*languages: str) -> list[Any]:
    return [pytest.param(b, id=b.place) for b in ALL if b.language in languages]


def test_every_block_has_a_language_and_code_runs_or_says_why_not() -> None:
    others = [b.place for b in ALL if b.language not in CODE | {"text"} and not b.not_run]
    assert others == []


def test_text_is_no_code_in_disguise() -> None:
    disguised = [b.place for b in ALL if b.language == "text" and re.search("^[$>] ", b.code, re.M)]
    assert disguised == []


@pytest.mark.parametrize("block", of("console"))
def test_a_console_block_starts_with_a_command(block: Block) -> None:
    assert block.code.startswith("$ ")


@pytest.mark.parametrize("block", of("yaml"))
def test_parameters_in_a_yaml_block_are_valid(block: Block) -> None:
    if block.not_run:
        pytest.skip(block.not_run)
    content = YAML(typ="safe", pure=True).load(block.code)
    assert set(content) <= set(BLOCKS)
    for name in content:
        parse_block(BLOCKS[name], content, REPOSITORY / block.page)


@pytest.mark.parametrize("block", of("python"))
def test_python_compiles(block: Block) -> None:
    compile(block.code, block.place, "exec")


@pytest.mark.parametrize("block", of("console"))
def test_every_lookalike_command_is_known_with_its_options(block: Block) -> None:
    """Also where the block is not run."""
    for command in commands(block):
        for part in re.split(r"&&|;|\|", command.text.replace("\\\n", " ")):
            words = shlex.split(part, comments=True)
            if words and words[0].rpartition("/")[2] == "lookalike":
                parse(words[1:])


@pytest.mark.parametrize("page", WRITTEN)
def test_parameters_that_the_text_names_exist(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    if page == "CHANGELOG.md":  # it names those of before, too
        pytest.skip("the changelog names what there was before")
    named = re.findall(rf"`((?:{'|'.join(BLOCKS)})\.[a-z_.0-9]*[a-z0-9])(?=[:`])", text)
    named += re.findall(rf"-S ((?:{'|'.join(BLOCKS)})\.[a-z_.]+)=", text)
    known = {key for name, block in BLOCKS.items() for key in keys(block.model_json_schema(), name)}
    files = {"train.json", "evaluate.json", "index.json", "ingest.json", "split.json"}
    assert [name for name in named if name not in known | files] == []


def keys(schema: dict[str, Any], prefix: str) -> list[str]:
    """The dotted names of all parameters of a model, its groups included."""
    found = []
    for name, field in schema["properties"].items():
        found.append(f"{prefix}.{name}")
        for branch in field.get("anyOf", field.get("oneOf", [field])):
            if "$ref" in branch:
                group = schema["$defs"][branch["$ref"].rpartition("/")[2]]
                found += keys(group | {"$defs": schema["$defs"]}, f"{prefix}.{name}")
    return found


def parse(words: list[str]) -> None:
    """Parse a command line without running it; a mistake raises."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("lookalike", list(words))
    while hasattr(command, "resolve_command"):
        rest = context._protected_args + context.args
        _, command, rest = command.resolve_command(context, rest)
        context = command.make_context(command.name, rest, parent=context)
