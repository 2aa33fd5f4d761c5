"""Memory that is free, but kept by the process."""

import ctypes


def release_free_memory() -> None:
    """Give back to the system what glibc keeps: loading a ResNet-18 leaves 100 MB of it.

    Other C libraries give it back by themselves, or have no such call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
