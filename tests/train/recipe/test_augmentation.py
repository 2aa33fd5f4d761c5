"""How training images are varied, one by one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image

from lookalike.images.dataset import Transform
from lookalike.model.preprocessing import ImageSize
from lookalike.model.transforms import evaluation_transform
from lookalike.model.vision import v2
from lookalike.train.recipe.augmentation import augmentation
from lookalike.train.recipe.augmentation_params import AugmentationParams

OneLineError = Callable[..., AbstractContextManager[None]]

SIZE = ImageSize(resize=40, crop=32)
PHOTO = Image.fromarray(load_sample_image("flower.jpg"))
MEAN = [124.0, 116.0, 104.0]
POLICIES = ["none", "light", "strong", "trivialaugment", "randaugment"]


def transform_of(**values: Any) -> Transform:
    return augmentation(SIZE, AugmentationParams(**values), MEAN)


def augmented(seed: int, **values: Any) -> torch.Tensor:
    torch.manual_seed(seed)
    return transform_of(**values)(PHOTO)


@pytest.mark.parametrize("policy", POLICIES)
def test_an_augmented_image_has_the_networks_size(policy: str) -> None:
    for seed in range(10):
        tensor = augmented(seed, augment=policy, random_erasing=0.5)
        assert (tensor.shape, tensor.dtype) == ((3, 32, 32), torch.uint8)


@pytest.mark.parametrize("policy", POLICIES[1:])
def test_the_seed_decides_the_augmentation(policy: str) -> None:
    assert torch.equal(augmented(1, augment=policy), augmented(1, augment=policy))
    assert not torch.equal(augmented(1, augment=policy), augmented(2, augment=policy))


def test_without_augmentation_an_image_is_seen_as_in_validation() -> None:
    assert torch.equal(augmented(1, augment="none"), evaluation_transform(SIZE)(PHOTO))


def test_a_crop_of_an_image_to_be_squashed_is_a_crop_of_the_squashed_image() -> None:
    """The ramp tells how much of the width and of the height a crop shows."""
    across = torch.linspace(0, 1000, 300).expand(100, 300)
    ramps = torch.stack([across, torch.linspace(0, 1000, 100)[:, None].expand(100, 300)])
    size, params = ImageSize(resize="squash", crop=32), AugmentationParams(smallest_crop=0.3)
    transform = augmentation(size, params, MEAN, rgb=False)
    torch.manual_seed(0)
    for _ in range(50):
        width, height = (float(band.max() - band.min()) / 1000 for band in transform(ramps))
        assert 0.25 < width * height < 1.01
        assert 0.7 < width / height < 1.43  # 3:4 to 4:3, and the pixels that rounding costs


def test_light_is_a_random_crop_and_a_mirror_image() -> None:
    steps = [
        v2.RandomResizedCrop(32, scale=(0.5, 1.0)),
        v2.RandomHorizontalFlip(0.5),
        v2.PILToTensor(),
    ]
    for seed in range(5):
        torch.manual_seed(seed)
        wanted = v2.Compose(steps)(PHOTO)
        assert torch.equal(augmented(seed, smallest_crop=0.5), wanted)


@pytest.mark.parametrize("policy", ["strong", "trivialaugment", "randaugment"])
def test_the_stronger_ones_do_more_to_the_same_crop(policy: str) -> None:
    differences = [
        (augmented(seed, augment=policy).float() - augmented(seed).float()).abs().mean()
        for seed in range(20)
    ]
    assert sum(float(difference) > 1 for difference in differences) >= 12


def test_only_a_share_of_the_images_is_augmented_where_that_is_asked_for() -> None:
    plain = evaluation_transform(SIZE)(PHOTO)
    kept = [torch.equal(augmented(s, augment_probability=0.25), plain) for s in range(100)]
    assert 65 <= sum(kept) <= 85


def half_dark() -> Image.Image:
    image = Image.new("RGB", (64, 64), "white")
    image.paste((0, 0, 0), (0, 0, 32, 64))
    return image


def dark_sides(image: Image.Image, **flips: bool) -> set[str]:
    transform = transform_of(smallest_crop=1.0, **flips)
    tensors = [transform(image).float() for _ in range(20)]
    return {"first" if t[:, :4, :4].mean() < t[:, -4:, -4:].mean() else "last" for t in tensors}


@pytest.mark.parametrize(
    ("horizontal", "vertical", "turned", "sides"),
    [
        (True, False, False, {"first", "last"}),
        (False, False, False, {"first"}),
        (False, True, False, {"first"}),
        (False, True, True, {"first", "last"}),
        (True, False, True, {"first"}),
    ],
)
def test_flips_mirror_an_image_in_their_own_direction(
    horizontal: bool, vertical: bool, turned: bool, sides: set[str]
) -> None:
    image = half_dark().transpose(Image.Transpose.TRANSPOSE) if turned else half_dark()
    torch.manual_seed(0)
    assert dark_sides(image, horizontal_flip=horizontal, vertical_flip=vertical) == sides


def test_a_crop_shows_no_less_than_the_smallest_part() -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.paste((0, 0, 0), (0, 0, 100, 30))
    transform = transform_of(smallest_crop=0.9, horizontal_flip=False)
    torch.manual_seed(0)
    dark = [float((transform(image) < 128).float().mean()) for _ in range(20)]
    assert min(dark) >= 0.2
    assert max(dark) <= 0.34


def test_what_is_erased_has_the_mean_color() -> None:
    torch.manual_seed(0)
    erased = transform_of(augment="none", random_erasing=1.0)(Image.new("RGB", (64, 64), "white"))
    changed = erased[:, (erased != 255).any(dim=0)]
    assert 0.02 <= changed[0].numel() / 32**2 <= 0.34
    assert changed.unique(dim=1).flatten().tolist() == MEAN


def test_what_a_rotation_leaves_open_has_the_mean_color() -> None:
    torch.manual_seed(0)
    transform = transform_of(augment="strong", smallest_crop=1.0)
    seen = torch.stack([transform(Image.new("RGB", (64, 64), (124, 116, 104))) for _ in range(20)])
    turned = seen[(seen.float().std(dim=(2, 3)) < 1).all(dim=1)]  # but for other colors
    assert len(turned) >= 15


# --- bands -----------------------------------------------------------------------------------

BANDS = torch.arange(5.0).view(5, 1, 1) * 1000 + torch.rand(5, 50, 70)


@pytest.mark.parametrize("policy", ["none", "light", "strong"])
def test_bands_keep_their_units(policy: str) -> None:
    params = AugmentationParams(augment=policy, random_erasing=0.5)
    transform = augmentation(SIZE, params, [0.0, 1000.0, 2000.0, 3000.0, 4000.0], rgb=False)
    torch.manual_seed(0)
    for tensor in (transform(BANDS) for _ in range(10)):
        assert (tensor.shape, tensor.dtype) == ((5, 32, 32), torch.float32)
        assert tensor.mean(dim=(1, 2)).tolist() == pytest.approx(
            BANDS.mean(dim=(1, 2)).tolist(), rel=0.03, abs=1
        )


def test_bands_are_cut_as_an_rgb_image_is() -> None:
    bands = v2.functional.pil_to_tensor(PHOTO).float()
    torch.manual_seed(5)
    as_bands = augmentation(SIZE, AugmentationParams(), MEAN, rgb=False)(bands)
    assert (as_bands - augmented(5).float()).abs().max() < 2


@pytest.mark.parametrize("policy", ["trivialaugment", "randaugment"])
def test_policies_for_colors_refuse_bands(policy: str, one_line_error: OneLineError) -> None:
    with one_line_error(f"train.augment = {policy}", "none, light and strong"):
        augmentation(SIZE, AugmentationParams(augment=policy), [0.0] * 5, rgb=False)
