"""Groups of linked images."""

from hypothesis import given
from hypothesis import strategies as st

from lookalike.near_duplicates.groups import group
from lookalike.near_duplicates.links import Link

IMAGE = st.sampled_from("abcdefghij")
LINKS = st.lists(
    st.tuples(IMAGE, IMAGE, st.floats(0, 1))
    .filter(lambda link: link[0] < link[1])
    .map(lambda link: Link(*link)),
    unique_by=lambda link: (link.one, link.other),
)


def test_linked_images_are_one_group_named_after_its_smallest_id() -> None:
    found = group([Link("b", "c", 0.1), Link("a", "c", 0.2), Link("x", "y", 0.3)], max_size=3)
    assert found.group_of == {"a": "a", "b": "a", "c": "a", "x": "x", "y": "x"}
    assert (found.sizes(), found.refused) == ([3, 2], [])


def test_the_furthest_link_of_a_chain_that_is_too_long_is_refused() -> None:
    chain = [Link("a", "b", 0.1), Link("b", "c", 0.4), Link("c", "d", 0.2)]
    found = group(chain, max_size=3)
    assert found.group_of == {"a": "a", "b": "a", "c": "c", "d": "c"}
    assert found.refused == [chain[1]]


@given(LINKS, st.integers(2, 6))
def test_no_group_is_too_large_and_every_link_joins_or_is_refused(
    links: list[Link], max_size: int
) -> None:
    found = group(links, max_size)
    assert all(2 <= size <= max_size for size in found.sizes())
    refused = [link for link in links if link in found.refused]
    joined = [link for link in links if link not in refused]
    assert all(found.group_of[link.one] == found.group_of[link.other] for link in joined)
    of = found.group_of
    assert all(of.get(link.one) != of.get(link.other) or link.one not in of for link in refused)


@given(LINKS, st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_order_of_the_links_is_no_matter(links: list[Link], most: int, choice: object) -> None:
    shuffled = list(links)
    choice.shuffle(shuffled)
    assert group(shuffled, most) == group(links, most)
