from pathlib import Path

from lookalike.figures.content_policy import content_policy
from lookalike.figures.html_page import write_html

TEMPLATE = """{% set title %}About {{ name }}{% endset %}{% include "head.html" %}
<p>{{ name }}</p><pre>{{ lines | e }}</pre>"""


def written(folder: Path, **values: str) -> str:
    (folder / "page.html").write_text(TEMPLATE)
    write_html(folder / "out.html", folder / "page.html", content_policy(), **values)
    return (folder / "out.html").read_text()


def test_neither_tags_nor_control_characters_of_a_name_reach_the_page(tmp_path: Path) -> None:
    page = written(tmp_path, name="<b>\x1b[31m", lines="")
    assert page.count(r"&lt;b&gt;\x1b[31m") == 2
    assert "<title>About &lt;b&gt;" in page


def test_text_of_several_lines_keeps_them(tmp_path: Path) -> None:
    assert "<pre>a: &lt;b&gt;\nc: d\n</pre>" in written(tmp_path, name="", lines="a: <b>\nc: d\n")


def test_the_policy_of_a_page_allows_no_script(tmp_path: Path) -> None:
    assert "script-src &#39;none&#39;" in written(tmp_path, name="", lines="")
