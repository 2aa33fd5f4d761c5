"""Every link of the documentation leads somewhere."""

from urllib.parse import urlsplit

import pytest

from .blocks import PAGES, REPOSITORY, anchors, links


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_to_a_file_and_a_heading(page: str) -> None:
    broken = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        if "://" in link:
            continue
        path = (REPOSITORY / page).parent / target if target else REPOSITORY / page
        page_of_link = str(path.resolve().relative_to(REPOSITORY))
        if not path.exists() or (anchor and anchor not in anchors(page_of_link)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_to_elsewhere_is_a_complete_https_address(page: str) -> None:
    addresses = [urlsplit(link) for link in links(page) if "://" in link]
    assert [a.geturl() for a in addresses if a.scheme != "https" or "." not in a.netloc] == []


def test_every_page_is_in_the_index_of_the_documentation() -> None:
    listed = {link.partition("#")[0] for link in links("docs/README.md")}
    pages = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")}
    assert pages - {"README.md"} - listed == set()
