"""Why an image is refused."""

DEFAULT_MAX_PIXELS = 100_000_000


class UndecodableImageError(Exception):
    """Why one image cannot be used; its text is a short reason without the image's path."""


def check_pixels(width: int, height: int, max_pixels: int | None) -> None:
    """Refuse what a header announces, before memory is taken for it.

    Raises:
        UndecodableImageError: more pixels than are allowed.
    """
    if max_pixels is not None and width * height > max_pixels:
        raise UndecodableImageError(f"{width} x {height} pixels, more than {max_pixels} allowed")


def check_not_raw(camera: str | None) -> None:
    """Refuse a camera raw file, of which other readers show the preview.

    Raises:
        UndecodableImageError: there is a camera's format.
    """
    if camera is not None:
        raise UndecodableImageError(
            f"a camera raw file ({camera}), in which only a preview is readable: convert it to "
            "JPEG or TIFF"
        )
