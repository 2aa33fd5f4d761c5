"""Images inside of JSON: Base64, or a data URI of it (RFC 2397)."""

import binascii
import re

from lookalike.core.errors import QueryError

PREFIX = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


def image_of_text(text: str) -> bytes:
    """The file that a text stands for.

    Raises:
        QueryError: it is neither Base64 nor a data URI of it.
    """
    start = PREFIX.match(text)
    try:
        return binascii.a2b_base64(text[start.end() if start else 0 :], strict_mode=True)
    except ValueError:  # of characters beyond ASCII as well
        raise QueryError("an image should be Base64, or a data URI of it") from None
