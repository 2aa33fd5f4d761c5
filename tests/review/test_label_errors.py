import torch
from sklearn.linear_model import Ridge
from tests.review.conftest import flipped
from torch import Tensor
from torch.nn.functional import one_hot

from lookalike.review import out_of_sample
from lookalike.review.label_errors import find_label_errors
from lookalike.review.out_of_sample import PENALTIES, out_of_sample_scores


def test_a_score_is_what_a_classifier_gives_that_has_not_learned_from_the_image(
    digits: tuple[Tensor, Tensor], monkeypatch
) -> None:
    vectors, targets = digits[0][:80].double(), digits[1][:80]
    monkeypatch.setattr(out_of_sample, "PENALTIES", PENALTIES[2:3])
    scores = out_of_sample_scores(vectors, targets)
    wanted = one_hot(targets).double()
    for row in range(0, 80, 7):
        others = torch.arange(80) != row
        ridge = Ridge(alpha=PENALTIES[2]).fit(vectors[others], wanted[others])
        alone = torch.from_numpy(ridge.predict(vectors[row : row + 1]))
        torch.testing.assert_close(scores[row : row + 1], alone, atol=1e-9, rtol=0)


def test_most_flipped_labels_come_first(digits: tuple[Tensor, Tensor]) -> None:
    vectors, targets = digits
    wrong = flipped(targets, 0.05)
    errors = find_label_errors(vectors, wrong)
    flips = int((wrong != targets).sum())
    found = (wrong != targets)[errors.rows]
    assert found[:50].sum() >= 49
    assert found[:flips].sum() / flips > 0.8
    assert found[: errors.number].sum() / flips > 0.9


def test_the_number_of_wrong_labels_grows_with_them(digits: tuple[Tensor, Tensor]) -> None:
    vectors, targets = digits
    numbers = [find_label_errors(vectors, flipped(targets, x)).number for x in (0.0, 0.05, 0.2)]
    assert numbers[0] < 0.05 * len(targets) < numbers[1] < 0.2 * len(targets) < numbers[2]


def test_the_likely_class_of_a_flipped_label_is_the_right_one(
    digits: tuple[Tensor, Tensor],
) -> None:
    vectors, targets = digits
    wrong = flipped(targets, 0.05)
    errors = find_label_errors(vectors, wrong)
    first = errors.rows[:50]
    assert (errors.likely[:50] == targets[first]).sum() >= 48
