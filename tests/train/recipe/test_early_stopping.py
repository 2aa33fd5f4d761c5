"""Which epoch is the best one, and when to wait no longer."""

import pytest

from lookalike.train.recipe.early_stopping import out_of_patience, rank

SURE = {"valid/accuracy": 0.9, "valid/loss": 0.5}
MODEST = {"valid/accuracy": 0.8, "valid/loss": 0.4}
BETTER = {"valid/accuracy": 0.9, "valid/loss": 0.4}


def test_more_of_the_metric_is_better_but_less_of_the_loss() -> None:
    assert rank(SURE, "accuracy") > rank(MODEST, "accuracy")
    assert rank(MODEST, "loss") > rank(SURE, "loss")


def test_of_equal_ones_the_lower_loss_is_better() -> None:
    assert rank(BETTER, "accuracy") > rank(SURE, "accuracy")


@pytest.mark.parametrize(("epoch", "waited"), [(4, False), (6, False), (7, True), (9, True)])
def test_after_so_many_epochs_without_a_better_one_it_is_enough(epoch: int, waited: bool) -> None:
    assert out_of_patience(epoch, best_epoch=4, patience=3) == waited


def test_without_patience_it_waits_to_the_end() -> None:
    assert not out_of_patience(1000, best_epoch=1, patience=None)
