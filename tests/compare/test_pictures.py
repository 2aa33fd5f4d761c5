"""The pictures of a comparison: a grid, and a page that needs nothing but itself."""

import re
from collections.abc import Callable
from html import unescape

from PIL import Image
from tests.compare.conftest import Repository, query

from lookalike.compare.comparison import compare
from lookalike.compare.page import write_page
from lookalike.compare.thumbnails import Thumbnails


def test_the_newer_revision_shows_an_image_and_the_older_one_what_is_gone(
    compared: Repository,
) -> None:
    thumbnails = Thumbnails(compared.at(), compared.at("main"))
    colors = {id: thumbnails.picture(id) for id in ("00", "gone", "39", "unknown")}
    assert {id: picture and picture.getpixel((0, 0)) for id, picture in colors.items()} == {
        "00": (0, 0, 255),
        "gone": (255, 0, 0),
        "39": (0, 255, 0),
        "unknown": None,
    }


def test_the_grid_shows_the_image_before_and_after(
    compared: Repository, run: Callable[..., tuple[int, str]]
) -> None:
    code, _ = run(compared.root, "compare", "--grid", "changes.png")
    assert code == 0
    picture = Image.open(compared.root / "changes.png").convert("RGB")
    counts = {color: count for count, color in picture.getcolors(2**24) or ()}
    assert counts[0, 0, 255] > 6 * 60 * 60  # two changes of three pictures
    assert {(200, 50, 60), (46, 139, 87)} <= counts.keys()  # wrong after, right before


def test_where_nothing_changed_the_command_says_that_there_is_no_grid(
    repository: Repository, run: Callable[..., tuple[int, str]]
) -> None:
    repository.queries({"1": query()})
    repository.commit()
    code, output = run(repository.root, "compare", "--grid", "changes.png")
    assert code == 0
    assert "no test image changed, so changes.png is not written" in output
    assert not (repository.root / "changes.png").exists()


def test_the_page_shows_all_and_loads_nothing(compared: Repository) -> None:
    page = compared.root / "page.html"
    write_page(page, compare(compared.at("main"), compared.at()))
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in unescape(text)
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "<h3>cat: 2 changed</h3>" in text
    assert all(f"1 {kind}" in text for kind in ("added", "removed", "relabeled", "moved"))
    assert text.count("<img") == 2 * 3 + 4
    assert "<figcaption>cat<br>→ dog</figcaption>" in text
