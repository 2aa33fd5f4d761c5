"""Sources at which `dvc repro` fails, or waits forever, before any stage runs."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dvc.config_schema import REMOTE_SCHEMAS

from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets
from lookalike.terminal.listing import SHOWN

KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder that cannot be listed"),
)


def check_address(uri: str) -> None:
    """Raise LookalikeError unless DVC knows the protocol of an address, such as `s3`."""
    protocol = uri.partition("://")[0]
    if protocol not in REMOTE_SCHEMAS:
        raise LookalikeError(
            f"ingest.source: {without_secrets(uri)}: DVC does not know {protocol}://, so no stage "
            "would run; download it and name the folder, or use s3://, gs://, azure:// or https://"
        )


def check_hashable(source: str, folder: Path, paths: list[str]) -> None:
    """Raise LookalikeError, naming files, unless DVC can hash a folder.

    DVC reads every file, service files and sidecars as well.

    Args:
        source: what to call the folder.
        folder: where it is.
        paths: all that a `FolderSource` lists in it.
    """
    found = list(_unhashable(folder, paths))
    if found:
        named = ", ".join(f"{path!r} ({why})" for path, why in found[:SHOWN])
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise LookalikeError(
            f"ingest.source: {source}: DVC cannot hash {named}{more}: rename, repair or remove them"
        )


def _unhashable(folder: Path, paths: list[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        if reason := _reason(f"{folder}/{path}", path):
            yield path, reason


def _reason(file: str, path: str) -> str | None:
    if path.rpartition("/")[2] == ".dvcignore":
        return "DVC takes no folder that holds one"
    try:
        path.encode()
        mode = os.stat(file).st_mode  # noqa: PTH116 a Path costs more than the question
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    except OSError as error:
        return "a link to nothing" if error.errno == errno.ENOENT else str(error.strerror)
    for is_kind, kind in KINDS:
        if is_kind(mode):
            return kind
    return None if os.access(file, os.R_OK) else "may not be read"
