"""Pictures inside of a page, so that it needs nothing but itself."""

import base64


def data_uri(picture: bytes, media_type: str = "image/webp") -> str:
    """An encoded picture as the address of itself (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(picture).decode()}"
