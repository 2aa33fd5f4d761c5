"""What tells that files have been replaced, without reading them."""

from pathlib import Path

State = tuple[tuple[str, int, int, int], ...]


def folder_state(*folders: Path) -> State:
    """Path, time, size and inode of every file; a folder that is missing has none."""
    state = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            try:
                about = path.stat()
            except OSError:  # just taken away
                continue
            state.append((str(path), about.st_mtime_ns, about.st_size, about.st_ino))
    return tuple(state)
