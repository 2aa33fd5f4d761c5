"""Why a process that loads images has failed, in one line."""

import re

REMEDY = "set machine.workers to fewer, or to 0"
SHARED_MEMORY = re.compile(
    r"bus error|shared memory|\bshm\b|unable to (write to|resize) file|unable to mmap", re.I
)
SHARED_MEMORY_FULL = (
    "a loading process ran out of shared memory (/dev/shm): give the container more "
    f"(docker run --shm-size=1g), or {REMEDY}"
)


def loading_failure(error: BaseException) -> str | None:
    """What to say where a loading process of torch's DataLoader has failed; None: it was not that.

    A process that dies is noticed anywhere: torch raises RuntimeError from a signal handler, in
    whatever the stage is doing at that time.
    """
    text = str(error)
    if isinstance(error.__cause__, RuntimeError):  # what killed it
        text = f"{error.__cause__}\n{text}"
    if "DataLoader worker" not in text:
        return None
    if SHARED_MEMORY.search(text):
        return SHARED_MEMORY_FULL
    if "Caught " not in text:
        return (
            "a loading process was killed, perhaps for lack of memory: free some, or "
            f"{REMEDY} ({_last_line(text)})"
        )
    if "MemoryError" in text or "can't allocate memory" in text:
        return f"a loading process ran out of memory: free some, or {REMEDY}"
    return f"a loading process failed: {_last_line(text)}"


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")[:300]
