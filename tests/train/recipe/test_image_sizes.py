"""How large the network's input is: in search, and while it learns."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from lookalike.model.preprocessing import ImageSize
from lookalike.train.params import TrainParams
from lookalike.train.recipe.image_sizes import check_image_sizes, in_search, while_learning

OneLineError = Callable[..., AbstractContextManager[None]]


def test_the_shorter_side_is_an_eighth_longer_than_the_image_where_nothing_else_is_said() -> None:
    assert in_search(TrainParams(image_size=224)) == ImageSize(resize=256, crop=224)


def test_a_resize_that_is_given_is_taken() -> None:
    assert in_search(TrainParams(image_size=224, resize=230)) == ImageSize(resize=230, crop=224)


def test_the_network_learns_at_the_size_of_search_where_nothing_else_is_said() -> None:
    params = TrainParams(image_size=224, resize=230)
    assert while_learning(params) == in_search(params)


def test_a_size_to_learn_at_keeps_the_share_of_the_image_that_a_center_crop_shows() -> None:
    params = TrainParams(image_size=224, train_image_size=112)
    assert while_learning(params) == ImageSize(resize=128, crop=112)
    assert in_search(params).crop == 224


def test_images_that_are_squashed_in_search_are_squashed_while_learning() -> None:
    params = TrainParams(image_size=224, resize="squash", train_image_size=160)
    assert in_search(params) == ImageSize(resize="squash", crop=224)
    assert while_learning(params) == ImageSize(resize="squash", crop=160)


def test_a_size_to_learn_at_that_the_backbone_cannot_take_is_one_line(
    one_line_error: OneLineError,
) -> None:
    params = TrainParams(backbone="inception_v3", image_size=299, train_image_size=32)
    with one_line_error("train.train_image_size = 32", "inception_v3"):
        check_image_sizes(params)


def test_images_are_resized_by_the_filter_that_the_weights_expect() -> None:
    params = TrainParams(backbone="swin_t", image_size=224, train_image_size=192, resize="squash")
    assert in_search(params).interpolation == "bicubic"
    assert while_learning(params).interpolation == "bicubic"
