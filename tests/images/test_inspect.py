import hashlib
from collections.abc import Callable
from io import BytesIO

import imagehash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lookalike.images.bands import Bands
from lookalike.images.decode import UndecodableImageError, decode
from lookalike.images.inspect import inspect
from lookalike.images.phash import phash
from lookalike.images.rendering import decode_picture

ORIENTATION = 0x0112
MANY = 10**6


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_the_id_is_the_sha256_of_the_bytes(digit_files: dict[str, bytes]) -> None:
    data = digit_files["0/00.png"]
    assert inspect(data, MANY).id == hashlib.sha256(data).hexdigest()


def test_the_same_pixels_in_other_bytes_have_another_id(encoded: Callable[..., bytes]) -> None:
    image = Image.linear_gradient("L")
    png, bmp = inspect(encoded(image), MANY), inspect(encoded(image, "BMP"), MANY)
    assert png.id != bmp.id
    assert png.phash == bmp.phash


def test_width_and_height_are_in_pixels(encoded: Callable[..., bytes]) -> None:
    found = inspect(encoded(Image.new("RGB", (30, 20))), MANY)
    assert (found.width, found.height, found.channels) == (30, 20, 3)


def test_width_and_height_are_those_of_the_upright_image(encoded: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    found = inspect(encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif), MANY)
    assert (found.width, found.height) == (20, 30)


def test_phash_is_imagehash_read_as_a_number(digit_files: dict[str, bytes]) -> None:
    for data in digit_files.values():
        image = Image.open(BytesIO(data)).convert("RGB")
        assert f"{inspect(data, MANY).phash:016x}" == str(imagehash.phash(image))


def test_a_flat_image_has_no_frequencies_but_the_lowest(encoded: Callable[..., bytes]) -> None:
    for shade in (1, 100, 255):
        found = inspect(encoded(Image.new("L", (50, 70), shade)), MANY)
        assert (found.phash, found.phash_mirrored) == (2**63, 2**63)


def test_phash_mirrored_is_the_hash_of_the_mirror_image(
    encoded: Callable[..., bytes], digit_files: dict[str, bytes]
) -> None:
    for data in digit_files.values():
        mirror = encoded(ImageOps.mirror(Image.open(BytesIO(data))))
        found, mirrored = inspect(data, MANY), inspect(mirror, MANY)
        assert (mirrored.phash, mirrored.phash_mirrored) == (found.phash_mirrored, found.phash)


def test_phash_is_near_for_a_compressed_and_shrunken_copy_and_far_for_another_image(
    encoded: Callable[..., bytes],
) -> None:
    one = Image.radial_gradient("L").rotate(30).crop((0, 60, 256, 200))
    other = Image.effect_mandelbrot((256, 140), (-2, -1, 1, 1), 50)
    original = inspect(encoded(one), MANY).phash
    copy = inspect(encoded(one.resize((128, 70)), "JPEG", quality=60), MANY).phash
    assert distance(original, copy) <= 6
    assert distance(original, inspect(encoded(other), MANY).phash) > 16


def test_what_cannot_be_decoded_is_refused(digit_files: dict[str, bytes]) -> None:
    with pytest.raises(UndecodableImageError, match=r"^broken image: .*truncated"):
        inspect(digit_files["0/00.png"][:-40], MANY)


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A JPEG large enough that its hashes are those of a decode at a quarter of its size."""
    data = BytesIO()
    Image.effect_mandelbrot((300, 260), (-2, -1, 1, 1), 50).convert("RGB").save(data, "JPEG")
    return data.getvalue()


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_what_is_refused_is_what_a_decode_at_full_size_refuses(
    photo: bytes, place: float, bit: int, cut: bool
) -> None:
    at = int(place * len(photo))
    flipped = bytes([photo[at] ^ (1 << bit)])
    broken = photo[:at] if cut else photo[:at] + flipped + photo[at + 1 :]

    def refusal(look: Callable[[bytes, int], object]) -> str | None:
        try:
            look(broken, MANY)
        except UndecodableImageError as error:
            return str(error)
        return None

    assert refusal(inspect) == refusal(decode)


def test_too_many_pixels_are_refused(digit_files: dict[str, bytes]) -> None:
    with pytest.raises(UndecodableImageError, match=r"^32 x 32 pixels, more than 1000 allowed$"):
        inspect(digit_files["0/00.png"], 1000)


# --- bands -----------------------------------------------------------------------------------


def test_channels_are_all_bands_of_the_file(tile_files: dict[str, bytes]) -> None:
    for chosen in ("all", (5,), (2, 1)):
        found = inspect(tile_files["crop/0.tif"], MANY, Bands(chosen=chosen))
        assert (found.width, found.height, found.channels) == (40, 32, 5)


def test_phash_is_that_of_the_picture_for_people(tile_files: dict[str, bytes]) -> None:
    data = tile_files["water/3.tif"]
    for bands in (Bands(chosen="all"), Bands(chosen=(5,), rgb=(3, 2, 1))):
        picture = decode_picture(data, bands).convert("L")
        assert inspect(data, MANY, bands)[4:9] == phash(picture)


@pytest.mark.parametrize("bands", [Bands(chosen=(6,)), Bands(chosen=(1,), rgb=(1, 2, 6))])
def test_bands_for_the_network_and_for_people_must_be_there(
    bands: Bands, tile_files: dict[str, bytes]
) -> None:
    with pytest.raises(UndecodableImageError, match=r"^5 bands, but band 6 is wanted$"):
        inspect(tile_files["crop/0.tif"], MANY, bands)
