"""Images of two classes in one."""

from typing import Any

import pytest
import torch
from torch import Tensor

from lookalike.train.recipe.augmentation_params import MixingParams
from lookalike.train.recipe.mixing import Mixing

IMAGES = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1).expand(8, 3, 16, 16) * 30
TARGETS = torch.arange(8)


def mix(epoch: int = 1, step: int = 0, **values: Any) -> tuple[Tensor, Tensor]:
    return Mixing(MixingParams(**values), classes=8, seed=0)(IMAGES, TARGETS, epoch, step)


def test_without_it_a_batch_stays_as_it_is() -> None:
    images, targets = mix()
    assert images is IMAGES
    assert targets is TARGETS


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_the_classes_have_the_shares_that_their_images_have(kind: str) -> None:
    images, shares = mix(**{kind: 1.0})
    assert (images.dtype, images.shape) == (torch.uint8, IMAGES.shape)
    assert torch.allclose(shares.sum(dim=1), torch.ones(8))
    wanted = shares @ (TARGETS.float() * 30)
    assert torch.allclose(images.float().mean(dim=(1, 2, 3)), wanted, atol=0.6)


def test_each_image_is_blended_with_the_one_before_it() -> None:
    floats = torch.rand(8, 3, 4, 4)
    images, shares = Mixing(MixingParams(mixup=0.4), 8, seed=3)(floats, TARGETS, 1, 2)
    share = shares[1, 1]
    assert 0 < share < 1
    assert torch.allclose(images, share * floats + (1 - share) * floats.roll(1, 0))


def test_what_is_drawn_is_a_function_of_epoch_and_step() -> None:
    torch.manual_seed(1)
    one = mix(1, 5, mixup=1.0)
    torch.manual_seed(2)
    assert torch.equal(one[1], mix(1, 5, mixup=1.0)[1])
    assert not torch.equal(one[1], mix(1, 6, mixup=1.0)[1])
    assert not torch.equal(one[1], mix(2, 5, mixup=1.0)[1])


def test_other_random_numbers_stay_as_they_are() -> None:
    torch.manual_seed(1)
    mix(mixup=1.0)
    after = torch.rand(())
    torch.manual_seed(1)
    assert after == torch.rand(())


def test_with_both_on_each_batch_gets_one_of_them() -> None:
    blended = [len(mix(step=step, mixup=1.0, cutmix=1.0)[0][1].unique()) == 1 for step in range(40)]
    assert 8 <= sum(blended) <= 32


def test_only_a_share_of_the_batches_is_mixed_where_that_is_asked_for() -> None:
    plain = [mix(step=step, mixup=1.0, mix_probability=0.25)[1].ndim == 1 for step in range(100)]
    assert 60 <= sum(plain) <= 90
