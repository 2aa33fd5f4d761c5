"""Equal micro-batches, large enough for batch norm."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from lookalike.train.micro_batches import check_micro_batches, smallest_micro_batch
from lookalike.train.params import TrainParams

OneLineError = Callable[..., AbstractContextManager[None]]


def test_a_batch_that_cannot_be_cut_equally_is_one_line(one_line_error: OneLineError) -> None:
    check_micro_batches(12, 1, 3, smallest=1)
    with one_line_error("a batch of 12 images", "4 equal", "2 processes", "a multiple of 8"):
        check_micro_batches(12, 4, 2, smallest=1)


def test_micro_batches_of_one_image_are_one_line_with_batch_norm(
    one_line_error: OneLineError,
) -> None:
    check_micro_batches(8, 8, 1, smallest=1)
    with one_line_error("of one image each", "batch norm", "train.batch_size: 16 or more"):
        check_micro_batches(8, 4, 2, smallest=2)


def test_where_the_data_limits_the_batch_the_line_says_that(one_line_error: OneLineError) -> None:
    limit = "there are 10 training images"
    with one_line_error(
        "train.batch_size: there are 10 training images", "set train.batch_size: 8"
    ):
        check_micro_batches(10, 4, 1, smallest=2, limit=limit)
    with one_line_error(limit, "set train.gradient_accumulation: 1"):
        check_micro_batches(3, 2, 1, smallest=2, limit=limit)


@pytest.mark.parametrize(
    ("values", "smallest"),
    [
        ({"backbone": "resnet18"}, 2),
        ({"backbone": "resnet18", "freeze_batchnorm": True}, 1),
        ({"backbone": "resnet18", "freeze_batchnorm": True, "head": "mlp"}, 2),
        ({"backbone": "vit_b_16"}, 1),
    ],
)
def test_only_batch_norm_that_learns_needs_two_images(
    values: dict[str, object], smallest: int
) -> None:
    assert smallest_micro_batch(TrainParams(**values)) == smallest
