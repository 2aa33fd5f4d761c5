"""Decode one encoded image into 8-bit RGB, or say in a few words why it cannot be done."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

# The pixels are counted against a limit of our own before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

# What photographs come in (JPEG includes MPO). Pillow reads more: EPS by running Ghostscript, rare
# formats by decoders that nobody attacks, and so nobody mends.
FORMATS = (
    "AVIF",
    "BMP",
    "DIB",
    "GIF",
    "ICO",
    "JPEG",
    "JPEG2000",
    "PCX",
    "PNG",
    "PPM",
    "QOI",
    "SGI",
    "TGA",
    "TIFF",
    "WEBP",
)

DEFAULT_MAX_PIXELS = 100_000_000


class UndecodableImageError(Exception):
    """Why one image cannot be used; its text is a short reason without the image's path."""


def decode(
    data: bytes,
    max_pixels: int | None = DEFAULT_MAX_PIXELS,
    at_least: tuple[int, int] | None = None,
) -> Image.Image:
    """Decode the first frame, upright, as 8-bit RGB; transparency is composited on white.

    Args:
        data: the encoded image, in one of `FORMATS`.
        max_pixels: refuse an image whose header announces more; None for images already accepted.
        at_least: width and height (as stored) that are enough: a JPEG is then decoded at a half, a
            quarter or an eighth of its size, which takes a fraction of the time.

    Raises:
        UndecodableImageError: empty, unknown format, truncated, broken or too large.
    """
    with opened(data, max_pixels) as image:
        if at_least is not None:
            image.draft(None, at_least)
        return _to_rgb(upright(image))


def decode_gray(image: Image.Image, at_least: tuple[int, int]) -> Image.Image:
    """Decode the whole of an opened image, upright, as 8-bit gray; see `decode` for `at_least`.

    A JPEG's colors are read over, not computed: its gray is stored apart from them.
    """
    image.draft("L", at_least)
    image = upright(image)
    if image.mode == "L" and not image.has_transparency_data:
        return image
    return _to_rgb(image).convert("L")


@contextmanager
def opened(data: bytes, max_pixels: int | None) -> Iterator[Image.Image]:
    """An image of which only the header is read; what goes wrong inside is the image's fault.

    Raises:
        UndecodableImageError: see `decode`.
    """
    if not data:
        raise UndecodableImageError("empty file")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd metadata is no reason to trouble anybody
        try:
            image = Image.open(BytesIO(data), formats=FORMATS)
            if max_pixels is not None and image.width * image.height > max_pixels:
                raise UndecodableImageError(
                    f"{image.width} x {image.height} pixels, more than {max_pixels} allowed"
                )
            yield image
        except UnidentifiedImageError:
            raise UndecodableImageError("not an image of a known format") from None
        except UndecodableImageError:
            raise
        except Exception as error:  # decoders raise whatever their parsers meet
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UndecodableImageError(f"broken image: {reason}") from None


def upright(image: Image.Image) -> Image.Image:
    """The image, decoded, turned as its metadata say; it may be the same object."""
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    return image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height once upright, from the header alone."""
    lies_on_its_side = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return (image.height, image.width) if lies_on_its_side else image.size


def channels_of(image: Image.Image) -> int:
    """The number of channels that the header announces: 1 gray, 3 color, 4 with alpha."""
    return 3 if image.mode == "P" else len(image.getbands())


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _from_deep_gray(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _from_deep_gray(image: Image.Image) -> Image.Image:
    """16-bit integers keep their upper 8 bits; wider numbers are stretched to their own range.

    Pixels that hold no finite number (NaN often marks missing data) are as dark as the darkest.
    """
    pixels = np.asarray(image, dtype=np.float64)
    finite = np.isfinite(pixels)
    pixels = np.where(finite, pixels, pixels[finite].min() if finite.any() else 0)
    if image.mode.startswith("I;16") or (pixels.min() >= 0 and 255 < pixels.max() <= 65535):
        gray = pixels / 257
    else:
        low, high = float(pixels.min()), float(pixels.max())
        gray = (pixels - low) * (255 / (high - low)) if high > low else np.zeros_like(pixels)
    return Image.fromarray(gray.round().astype(np.uint8)).convert("RGB")
