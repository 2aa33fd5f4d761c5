import torch
from torch import Tensor

from lookalike.review.two_sample import two_sample_test


def halves(vectors: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(vectors), generator=torch.Generator().manual_seed(seed))
    return vectors[order[::2]], vectors[order[1::2]]


def test_random_halves_are_alike(digits: tuple[Tensor, Tensor]) -> None:
    values = [two_sample_test(*halves(digits[0], seed), seed).p for seed in range(8)]
    assert min(values) > 0.01
    assert max(values) > 0.4


def test_a_class_that_is_new_is_noticed_in_one_image_of_twenty(
    digits: tuple[Tensor, Tensor],
) -> None:
    vectors, targets = digits
    known, foreign = vectors[targets != 0], vectors[targets == 0]
    reference, new = halves(known, 0)
    some = foreign[: len(new) // 20]
    mixed = torch.cat([new[len(some) :], some])
    assert two_sample_test(reference, mixed, 0).p < 0.01


def test_the_same_seed_gives_the_same_answer(digits: tuple[Tensor, Tensor]) -> None:
    reference, new = halves(digits[0][:400], 0)
    assert two_sample_test(reference, new, 3) == two_sample_test(reference, new, 3)


def test_where_all_is_chance_it_is_as_uneven_as_expected(digits: tuple[Tensor, Tensor]) -> None:
    found = two_sample_test(*halves(digits[0], 1), 0)
    assert abs(found.deviation / found.expected - 1) < 0.1
