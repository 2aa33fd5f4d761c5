import struct
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.images.decode import UndecodableImageError, channels_of, decode, opened

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
HALF_RED_ON_WHITE = (255, 127, 127)
ORIENTATION = 0x0112

Encode = Callable[..., bytes]


def noise(height: int = 40, width: int = 60) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pixels(image: Image.Image) -> np.ndarray:
    assert image.mode == "RGB"
    return np.asarray(image)


@pytest.mark.parametrize("form", ["PNG", "BMP", "TIFF", "PPM"])
def test_a_lossless_image_comes_back_as_it_was(encoded: Encode, form: str) -> None:
    assert (pixels(decode(encoded(noise(), form))) == noise()).all()


def test_a_lossless_webp_comes_back_as_it_was(encoded: Encode) -> None:
    assert (pixels(decode(encoded(noise(), "WEBP", lossless=True))) == noise()).all()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_compressed_tiff_comes_back_as_it_was(encoded: Encode, compression: str) -> None:
    data = encoded(noise(), "TIFF", compression=compression)
    assert (pixels(decode(data)) == noise()).all()


def test_a_jpeg_comes_back_nearly_as_it_was(encoded: Encode) -> None:
    smooth = np.linspace(0, 255, 40 * 60 * 3).reshape(40, 60, 3).astype(np.uint8)
    found = pixels(decode(encoded(smooth, "JPEG", quality=95))).astype(int)
    assert np.abs(found - smooth).max() < 8


# How a viewer must turn or mirror what is stored, for each EXIF orientation.
UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_an_image_is_turned_upright_as_exif_says(
    encoded: Encode, orientation: int, form: str
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    found = pixels(decode(encoded(noise(), form, exif=exif)))
    expected = UPRIGHT[orientation](noise())
    assert found.shape == expected.shape
    assert (found == expected).all()


def test_a_jpeg_from_a_turned_camera_is_upright(encoded: Encode) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert decode(encoded(noise(40, 60), "JPEG", exif=exif)).size == (40, 60)


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_broken_exif_does_not_spoil_an_image(encoded: Encode, exif: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(encoded(noise(40, 60), "JPEG", exif=exif)).size == (60, 40)


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(encoded: Encode, form: str) -> None:
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert decode(encoded(cyan, form)).getpixel((4, 4)) == pytest.approx((0, 255, 255), abs=3)


def test_gray_has_three_equal_channels(encoded: Encode) -> None:
    gray = noise()[..., 0]
    assert (pixels(decode(encoded(gray))) == gray[..., None]).all()


def test_black_and_white_becomes_0_and_255(encoded: Encode) -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert pixels(decode(encoded(image))).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_palette_gives_its_colors(encoded: Encode) -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([*RED, *GREEN, *BLUE])
    for x in range(3):
        image.putpixel((x, 0), x)
    assert pixels(decode(encoded(image))).tolist() == [[[*RED], [*GREEN], [*BLUE]]]


def test_the_transparent_color_of_a_palette_is_white(encoded: Encode) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *GREEN])
    image.putpixel((1, 0), 1)
    data = encoded(image, transparency=0)
    assert pixels(decode(data)).tolist() == [[[*WHITE], [*GREEN]]]


def test_the_transparent_color_of_an_rgb_image_is_white(encoded: Encode) -> None:
    image = Image.new("RGB", (2, 1), RED)
    image.putpixel((1, 0), GREEN)
    data = encoded(image, transparency=RED)
    assert pixels(decode(data)).tolist() == [[[*WHITE], [*GREEN]]]


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_what_is_half_transparent_is_mixed_with_white(encoded: Encode, form: str) -> None:
    image = Image.new("RGBA", (8, 8), (*RED, 128))
    options = {"lossless": True} if form == "WEBP" else {}
    found = decode(encoded(image, form, **options)).getpixel((4, 4))
    assert found == pytest.approx(HALF_RED_ON_WHITE, abs=1)


def test_transparent_gray_is_mixed_with_white(encoded: Encode) -> None:
    image = Image.new("LA", (2, 1), (0, 0))
    image.putpixel((1, 0), (0, 255))
    assert pixels(decode(encoded(image))).tolist() == [[[*WHITE], [0, 0, 0]]]


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bits_keep_their_upper_8(encoded: Encode, form: str) -> None:
    deep = np.array([[0, 257, 30 * 257, 65535]], dtype=np.uint16)
    found = pixels(decode(encoded(Image.fromarray(deep), form)))
    assert found[0].tolist() == [[gray] * 3 for gray in (0, 1, 30, 255)]


def test_16_bits_are_read_in_either_byte_order(encoded: Encode) -> None:
    deep = np.array([[0, 65535, 30 * 257]], dtype=">u2")
    found = pixels(decode(encoded(Image.fromarray(deep), "TIFF")))
    assert found[0, :, 0].tolist() == [0, 255, 30]


def test_floating_point_numbers_are_stretched_to_their_range(encoded: Encode) -> None:
    numbers = np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)
    found = pixels(decode(encoded(Image.fromarray(numbers), "TIFF")))
    assert found[0, :, 0].tolist() == [0, 128, 255]


def test_missing_numbers_are_black_and_spoil_no_other(encoded: Encode) -> None:
    numbers = np.array([[-1.0, 1.0, np.nan, np.inf]], dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pixels(decode(encoded(Image.fromarray(numbers), "TIFF")))
    assert found[0, :, 0].tolist() == [0, 255, 0, 0]


@pytest.mark.parametrize("number", [7.0, np.nan])
def test_a_flat_image_of_wide_numbers_is_black(encoded: Encode, number: float) -> None:
    flat = np.full((2, 2), number, dtype=np.float32)
    assert (pixels(decode(encoded(Image.fromarray(flat), "TIFF"))) == 0).all()


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(encoded: Encode, form: str) -> None:
    first, *others = (Image.new("RGB", (8, 8), color) for color in (RED, GREEN, BLUE))
    data = encoded(first, form, save_all=True, append_images=others)
    assert decode(data).getpixel((4, 4)) == pytest.approx(RED, abs=3)


def test_a_tiff_of_many_pages_gives_its_first(encoded: Encode) -> None:
    first, second = (Image.new("RGB", (8, 8), color) for color in (RED, GREEN))
    data = encoded(first, "TIFF", save_all=True, append_images=[second])
    assert decode(data).getpixel((4, 4)) == RED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty file"),
        (b"Not an image, but a shopping list.\n", "not an image of a known format"),
        (b"\x89PNG\r\n\x1a\n", "not an image of a known format"),
        (bytes(1000), "not an image of a known format"),
    ],
)
def test_what_is_no_image_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableImageError, match=f"^{reason}$"):
        decode(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
def test_a_truncated_image_is_refused_in_one_line(encoded: Encode, form: str) -> None:
    data = encoded(noise(200, 200), form)
    with pytest.raises(UndecodableImageError) as caught:
        decode(data[: len(data) // 2])
    assert len(str(caught.value).splitlines()) == 1


def test_a_truncated_jpeg_is_called_truncated(encoded: Encode) -> None:
    data = encoded(noise(200, 200), "JPEG")
    with pytest.raises(UndecodableImageError, match=r"^broken image: .*truncated"):
        decode(data[: len(data) // 2])


@given(st.data())
def test_a_damaged_image_is_decoded_or_refused_but_never_fails_otherwise(
    encoded: Encode, data: st.DataObject
) -> None:
    # without TIFF: libtiff writes its complaints to the terminal itself
    whole = bytearray(encoded(noise(), data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP"]))))
    place = data.draw(st.integers(0, min(200, len(whole)) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    try:
        assert decode(bytes(whole), max_pixels=10_000).mode == "RGB"
    except UndecodableImageError as error:
        assert str(error)


def test_more_pixels_than_allowed_are_refused(encoded: Encode) -> None:
    with pytest.raises(UndecodableImageError, match=r"^60 x 40 pixels, more than 2399 allowed$"):
        decode(encoded(noise(40, 60)), max_pixels=2399)


def test_as_many_pixels_as_allowed_are_decoded(encoded: Encode) -> None:
    assert decode(encoded(noise(40, 60)), max_pixels=2400).size == (60, 40)


def test_a_header_that_promises_too_much_is_refused_before_its_pixels_are_read(
    encoded: Encode,
) -> None:
    small = encoded(noise(), "BMP")
    header = small[:18] + struct.pack("<ii", 30_000, 30_000) + small[26:54]
    with pytest.raises(UndecodableImageError, match=r"^30000 x 30000 pixels, more than"):
        decode(header)


@pytest.mark.parametrize(
    ("mode", "channels"), [("1", 1), ("L", 1), ("LA", 2), ("RGB", 3), ("P", 3), ("RGBA", 4)]
)
def test_channels_are_those_of_the_header(encoded: Encode, mode: str, channels: int) -> None:
    with opened(encoded(Image.new(mode, (4, 4))), None) as image:
        assert channels_of(image) == channels


def test_a_format_that_runs_another_program_is_refused() -> None:
    page = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"
    with pytest.raises(UndecodableImageError, match="not an image of a known format"):
        decode(page)
