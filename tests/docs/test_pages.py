"""Each page of the documentation, run from its first block to its last in a project of its own.

Console and Python blocks form one script. What a page shows as output has to appear in the order
shown; numbers and hashes may differ.
"""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from tests.pipeline.conftest import Project

from .blocks import GENERATED, PAGES, Block, blocks, commands
from .conftest import run_script

RUN = {"console", "python"}
LONG = {
    f"docs/{name}.md"
    for name in (
        *("export", "near-duplicates", "publish", "review", "search", "search-engines"),
        *("stores", "training", "tutorial"),
    )
}


def runnable(page: str, slow: bool) -> list[Block]:
    """The blocks of a page that run in the quick tests, or, with `slow`, in all tests."""
    found = [b for b in blocks(page) if b.language in RUN and not b.not_run]
    return [b for b in found if slow or not b.slow]


def stories() -> list[Any]:
    """Each page with blocks that run; a long one, and slow blocks, in all tests alone."""
    found = []
    for page in (page for page in PAGES if page not in GENERATED):
        if runnable(page, slow=False) and page not in LONG:
            found.append(pytest.param(page, False, id=page))
        if page in LONG or runnable(page, slow=True) != runnable(page, slow=False):
            found.append(pytest.param(page, True, id=f"{page}-slow", marks=pytest.mark.full))
    return found


@pytest.mark.parametrize(("page", "slow"), stories())
def test_a_page_does_what_it_says(
    page: str,
    slow: bool,
    home: tuple[Project, dict[str, str]],
    places: Callable[[str], tuple[str, dict[str, str]]],
) -> None:
    project, environment = home
    lines, shown = [], []
    for block in runnable(page, slow):
        if block.language == "python":
            lines.append(f"python - <<'END OF PYTHON'\n{block.code}END OF PYTHON")
        for command in commands(block) if block.language == "console" else ():
            lines += [f"echo {shlex.quote(f'{block.place}: {command.text}')}", command.text]
            shown += command.output
    script, of_servers = places("\n".join(lines))
    printed = run_script(script, project, environment | of_servers)
    output = iter(map(shape, printed.splitlines()))
    missing = [line for line in shown if not any(shape(line) == other for other in output)]
    assert missing == [], printed[-5000:]


def shape(line: str) -> str:
    """A line without what differs from run to run: names, numbers, hashes, widths, predictions."""
    line = re.sub(r"looks like: .*", "looks like: CLASSES", line)
    line = re.sub(r"the run \S+", "the run NAME", line)
    line = re.sub(r"\b([0-9a-f]{4,}…|[0-9a-f]{8,}\b…?)", "HASH", line)
    line = re.sub(r"/\S*/", "PATH/", line)
    return " ".join(re.sub(r"\d+(\.\d+)?", "N", line).split())
