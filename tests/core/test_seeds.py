import torch
from hypothesis import given
from hypothesis import strategies as st

from lookalike.core.seeds import seed_for

parts = st.lists(st.integers() | st.text(st.characters(exclude_categories=["Cs", "Cc"])))


def test_a_seed_never_changes_from_version_to_version() -> None:
    assert seed_for(0, 1, "image") == 2_456_654_561_234_161_156


@given(parts)
def test_a_seed_has_63_bits_so_that_every_generator_takes_it(parts: list[int | str]) -> None:
    seed = seed_for(*parts)
    assert 0 <= seed < 2**63
    assert torch.Generator().manual_seed(seed).initial_seed() == seed


@given(st.lists(parts.map(lambda found: tuple(map(str, found))).filter(len), unique=True))
def test_other_parts_give_another_seed(many: list[tuple[str, ...]]) -> None:
    assert len({seed_for(*parts) for parts in many}) == len(many)


def test_where_parts_end_matters() -> None:
    assert seed_for("1", "23") != seed_for("12", "3")


def test_the_order_of_parts_matters() -> None:
    assert seed_for(1, 2) != seed_for(2, 1)
