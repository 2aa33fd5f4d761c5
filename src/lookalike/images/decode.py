"""Decode one encoded image into 8-bit RGB, or say in a few words why it cannot be done."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from lookalike.core.errors import one_line
from lookalike.images.announced_sizes import announced_sizes
from lookalike.images.camera_raw import camera_raw
from lookalike.images.color import to_srgb
from lookalike.images.decoder_settings import undisturbed
from lookalike.images.deep_gray import is_deep_gray, to_8_bits
from lookalike.images.deep_tiff import decode_deep_tiff
from lookalike.images.formats import FORMATS, identified
from lookalike.images.orientation import orientation_of, upright, upright_size
from lookalike.images.refusal import (
    DEFAULT_MAX_PIXELS,
    UndecodableImageError,
    check_not_raw,
    check_pixels,
)
from lookalike.images.strips import in_strips, strips
from lookalike.images.tiff_directory import TILE_LENGTH, TILE_WIDTH
from lookalike.images.transparency import composite, ground_for

__all__ = ["DEFAULT_MAX_PIXELS", "FORMATS", "UndecodableImageError", "decode"]


def decode(
    data: bytes,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    at_least: tuple[int, int] | None = None,
) -> Image.Image:
    """Decode the first frame, upright, as 8-bit sRGB; transparency is composited (`ground_for`).

    Args:
        data: the encoded image, in one of `FORMATS`.
        max_pixels: refuse an image whose header announces more; None for images already accepted.
        at_least: width and height (as stored) that are enough: a JPEG is then decoded at a half, a
            quarter or an eighth of its size, which takes a fraction of the time.

    Raises:
        UndecodableImageError: empty, unknown format, camera raw, truncated, broken or too large.
    """
    with opened(data, max_pixels) as image:
        if at_least is not None and image.format == "JPEG":
            image.draft(None, at_least)
        image.load()
        rgb, orientation = _to_rgb(image), orientation_of(image)
        image.close()  # its pixels are not held while others are turned
        return upright(rgb, orientation)


def decode_opened(image: Image.Image, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image.Image:
    """As `decode`, from an image that is opened already, which stays as it is.

    Raises:
        UndecodableImageError: truncated, broken or too large.
    """
    with _fault_of_the_image():
        check_pixels(*image.size, max_pixels)
        copy = image.copy()
        return upright(_to_rgb(copy), orientation_of(copy))


def decode_gray(
    image: Image.Image, at_least: tuple[int, int]
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode the whole of an opened image, upright, as 8-bit gray; see `decode` for `at_least`.

    A JPEG's colors are read over, not computed: its gray is stored apart from them.

    Returns:
        The gray image, and width and height of the upright image at its full size.
    """
    size = image.size
    if image.format == "JPEG":
        image.draft("L", at_least)
    image.load()
    if image.format != "JPEG":
        size = image.size  # a header may say another one than its pixels
    plain = image.mode == "L" and not image.has_transparency_data and not is_deep_gray(image)
    orientation = orientation_of(image)
    if plain:
        return upright(image, orientation), upright_size(size, orientation)
    gray = _to_rgb(image, "L")
    image.close()  # see `decode`
    return upright(gray, orientation), upright_size(size, orientation)


@contextmanager
def opened(data: bytes, max_pixels: int | None) -> Iterator[Image.Image]:
    """An image of which only the header is read; what goes wrong inside is the image's fault.

    Raises:
        UndecodableImageError: see `decode`.
    """
    if not data:
        raise UndecodableImageError("empty file")
    check_not_raw(camera_raw(data))
    with undisturbed(), _fault_of_the_image():
        for size in announced_sizes(data):
            check_pixels(*size, max_pixels)
        image = _identified(data, max_pixels)
        check_pixels(*image.size, max_pixels)
        tags = getattr(image, "tag_v2", {})
        check_pixels(tags.get(TILE_WIDTH, 0), tags.get(TILE_LENGTH, 0), max_pixels)
        yield image


@contextmanager
def _fault_of_the_image() -> Iterator[None]:
    """What goes wrong inside is an UndecodableImageError."""
    try:
        yield
    except UnidentifiedImageError:
        raise UndecodableImageError("not an image of a known format") from None
    except UndecodableImageError:
        raise
    except Exception as error:  # decoders raise whatever their parsers meet
        reason = one_line(error, None)
        raise UndecodableImageError(f"broken image: {reason}") from None


def channels_of(image: Image.Image) -> int:
    """The number of channels that the header announces: 1 gray, 3 color, 4 with alpha."""
    return 3 if image.mode == "P" else len(image.getbands())


def _identified(data: bytes, max_pixels: int | None) -> Image.Image:
    try:
        return identified(data)
    except UnidentifiedImageError:
        if (image := decode_deep_tiff(data, max_pixels)) is None:
            raise
        return image


def _to_rgb(image: Image.Image, mode: str = "RGB") -> Image.Image:
    """A decoded image as 8-bit sRGB, without transparency; or as the gray of that, mode `L`."""
    profile = image.info.get("icc_profile")
    if is_deep_gray(image):
        return in_strips(to_8_bits(image), lambda part: to_srgb(part, profile).convert(mode))
    if not image.has_transparency_data:
        return in_strips(image, lambda part: to_srgb(part, profile).convert(mode))
    ground = ground_for(_color_and_alpha(strip.image, profile) for strip in strips(image))
    return in_strips(
        image, lambda part: composite(*_color_and_alpha(part, profile), ground).convert(mode)
    )


def _color_and_alpha(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, Image.Image]:
    """A decoded image as 8-bit sRGB, and how opaque it is."""
    is_gray = image.mode in {"1", "L", "LA", "La"}
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    color = image.getchannel("R") if is_gray else image.convert("RGB")
    return to_srgb(color, profile), image.getchannel("A")
