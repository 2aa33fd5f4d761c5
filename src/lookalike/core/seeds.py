"""Seeds as pure functions of what they are for, never of time, process or order of calls."""

import hashlib


def seed_for(*parts: int | str) -> int:
    """A 63-bit seed from any parts, such as `seed_for(seed, epoch, image_id)`.

    Parts are joined by a separator that none of them may hold, so `("1", "23")` and `("12", "3")`
    differ.
    """
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
