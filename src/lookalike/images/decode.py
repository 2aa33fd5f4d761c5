"""Decode one encoded image into 8-bit RGB, or say in a few words why it cannot be done."""

import warnings
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

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
    return _to_rgb(_load(data, max_pixels, at_least))


def channels_of(data: bytes) -> int:
    """The number of channels that an image's header announces: 1 grey, 3 colour, 4 with alpha."""
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        return 3 if image.mode == "P" else len(image.getbands())


def _load(data: bytes, max_pixels: int | None, at_least: tuple[int, int] | None) -> Image.Image:
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
            if at_least is not None:
                image.draft(None, at_least)
            image.load()
            return ImageOps.exif_transpose(image)
        except UnidentifiedImageError:
            raise UndecodableImageError("not an image of a known format") from None
        except UndecodableImageError:
            raise
        except Exception as error:  # decoders raise whatever their parsers meet
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UndecodableImageError(f"broken image: {reason}") from None


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return _from_deep_grey(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """16-bit integers keep their upper 8 bits; wider numbers are stretched to their own range.

    Pixels that hold no finite number (NaN often marks missing data) are as dark as the darkest.
    """
    pixels = np.asarray(image, dtype=np.float64)
    finite = np.isfinite(pixels)
    pixels = np.where(finite, pixels, pixels[finite].min() if finite.any() else 0)
    if image.mode.startswith("I;16") or (pixels.min() >= 0 and 255 < pixels.max() <= 65535):
        grey = pixels / 257
    else:
        low, high = float(pixels.min()), float(pixels.max())
        grey = (pixels - low) * (255 / (high - low)) if high > low else np.zeros_like(pixels)
    return Image.fromarray(grey.round().astype(np.uint8)).convert("RGB")
