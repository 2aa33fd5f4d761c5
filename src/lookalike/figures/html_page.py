"""HTML pages that are files: each needs nothing but itself."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from lookalike.core.files import atomic_file
from lookalike.terminal.printable import printable

HEAD = Path(__file__).with_name("head.html")


def write_html(path: Path, template: Path, policy: str, **values: Any) -> None:
    """Write a page, whole or not at all.

    Control characters are shown as in `\\x1b`, except where a template says `| e`.

    Args:
        path: the HTML file to write.
        template: of Jinja; it includes `head.html`, which takes its `title`.
        policy: see `content_policy`.
        values: what the template shows.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, HEAD.parent]),
        autoescape=True,
        finalize=_printable,
    )
    page = environment.get_template(template.name).render(policy=policy, **values)
    with atomic_file(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value
