"""`lookalike compare`, `gate` and `pr-report`: what changed, is it better, may it land?"""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.core.errors import LookalikeError
from lookalike.core.files import check_output_file, check_output_folder
from lookalike.core.layout import find_project
from lookalike.terminal.output import print_json, print_lines
from lookalike.terminal.progress import say

Pull = Annotated[bool, typer.Option("--pull", help="Fetch split and thumbnails that are not here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Base = Annotated[
    str | None,
    typer.Argument(metavar="[REV]", help="What to compare to; default the base branch."),
]


def compare(
    before: Base = None,
    after: Annotated[
        str | None,
        typer.Argument(metavar="[REV]", help="What is compared; default what lies here."),
    ] = None,
    grid: Annotated[
        Path | None, typer.Option(help="PNG file to draw the test images that changed into.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="HTML file to write, with pictures.")] = None,
    pull: Pull = False,
    as_json: AsJson = False,
) -> None:
    """Say what changed between two revisions or experiments, and whether it is better.

    The metrics are compared on the same test images; their 95% intervals are of the difference.
    """
    from lookalike.compare.comparison import compare as compare_revisions
    from lookalike.compare.grid import draw_query_changes
    from lookalike.compare.page import write_page
    from lookalike.compare.revisions import open_revisions
    from lookalike.compare.text import describe
    from lookalike.compare.thumbnails import Thumbnails

    for path in filter(None, (grid, html)):
        check_output_file(path)
    sides = open_revisions(find_project(Path()), before, after, pull)
    comparison = compare_revisions(*sides)
    if as_json:
        print_json(comparison.to_dict())
    else:
        print_lines(describe(comparison))
    if grid is not None and not comparison.queries:
        say(f"compare: no test image changed, so {grid} is not written")
    elif grid is not None:
        thumbnails = Thumbnails(*reversed(sides))
        if not thumbnails:
            raise LookalikeError(f"{grid}: no thumbnails here to draw; --pull fetches them")
        draw_query_changes(grid, comparison.queries, thumbnails)
    if html is not None:
        write_page(html, comparison)


def gate(
    base: Base = None,
    timings: Annotated[
        Path | None,
        typer.Option(help="metrics/timings/evaluate.json of the base, measured on this machine."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check what lies here against metrics/gates.yaml; exit with 1 where it must not land."""
    from lookalike.compare.comparison import compare as compare_revisions
    from lookalike.compare.gate import gate as check_gates
    from lookalike.compare.revisions import open_revisions
    from lookalike.compare.text import describe_gate

    comparison = compare_revisions(*open_revisions(find_project(Path()), base, None))
    checks = check_gates(comparison, timings)
    failed = [check for check in checks if check.outcome == "failed"]
    if as_json:
        content = {"passed": not failed, "checks": [check._asdict() for check in checks]}
        print_json(content)
    else:
        print_lines(describe_gate(checks))
    if failed:
        raise typer.Exit(1)


def pr_report(
    base: Annotated[str, typer.Argument(metavar="REV", help="The base, as in origin/main.")],
    pictures: Annotated[
        Path | None, typer.Option(help="Folder for the pictures; without it there are none.")
    ] = None,
    pictures_url: Annotated[
        str | None, typer.Option(help="Where the folder will be; default its path.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="HTML file to write, too.")] = None,
    pull: Pull = False,
) -> None:
    """Print a report on what lies here against REV, as Markdown for a pull request."""
    from lookalike.compare.comparison import compare as compare_revisions
    from lookalike.compare.gate import gate as check_gates
    from lookalike.compare.page import write_page
    from lookalike.compare.pull_request import PICTURES, draw_pictures, report
    from lookalike.compare.revisions import open_revisions

    if html is not None:
        check_output_file(html)
    if pictures is not None:
        check_output_folder(pictures, *PICTURES)
    comparison = compare_revisions(*open_revisions(find_project(Path()), base, None, pull))
    checks = check_gates(comparison)
    drawn = {} if pictures is None else draw_pictures(comparison, pictures)
    text = report(comparison, checks, drawn, pictures_url or str(pictures))
    print_lines(text.splitlines())
    if html is not None:
        write_page(html, comparison, checks)
