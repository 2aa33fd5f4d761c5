"""Decoders without their warnings and Pillow's limit of pixels, for as long as somebody decodes."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from PIL import Image

_lock = Lock()
_decoding = 0
_restore = ExitStack()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Decode without warnings of odd metadata, and with a limit of pixels of our own.

    Both are global to Python and to Pillow. The first of several threads changes them, the last
    puts back what was there.
    """
    global _decoding
    with _lock:
        _decoding += 1
        if _decoding == 1:
            _restore.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            _restore.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
            Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        with _lock:
            _decoding -= 1
            if _decoding == 0:
                _restore.close()
