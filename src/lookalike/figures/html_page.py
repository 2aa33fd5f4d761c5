"""HTML pages that are files: each needs nothing but itself."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from lookalike.core.files import atomic_file
from lookalike.terminal.printable import printable

HEAD = Path(__file__).with_name("head.html")


def write_html(path: Path, template: Path, policy: str, **values: Any) -> None:
    """Write a page, whole or not at all.

    Args:
        path: the HTML file to write.
        template: see `render_html`.
        policy: see `content_policy`.
        values: what the template shows.
    """
    with atomic_file(path) as partial:
        page = render_html(template, policy=policy, **values)
        partial.write_text(page, encoding="utf-8")


def render_html(template: Path, **values: Any) -> str:
    """A page as text; control characters are shown as in `\\x1b`, except where it says `| e`.

    Args:
        template: of Jinja; it includes `head.html`, which takes its `title` and `policy`.
        values: what the template shows.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, HEAD.parent]),
        autoescape=True,
        finalize=_printable,
    )
    return environment.get_template(template.name).render(**values)


def _printable(value: object) -> object:
    return printable(value) if type(value) is str else value
