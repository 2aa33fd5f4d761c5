"""Places under version control that DVC cannot watch, pinned by a file that it can.

A pin is a file of one line, an address with a commit. It belongs in Git: what it names never
changes, and another commit is another pin.
"""

import re
from pathlib import Path

from lookalike.core.errors import LookalikeError
from lookalike.core.files import atomic_file
from lookalike.core.regular_file import regular_text
from lookalike.core.secrets import WHERE_CREDENTIALS_BELONG, without_secrets
from lookalike.ingest.dvc_repository import at_repository_commit
from lookalike.ingest.hub import at_hub_commit
from lookalike.ingest.retrying import out_of_reach

SUFFIX = ".pin"
AT_COMMIT = {"hf": at_hub_commit, "dvc": at_repository_commit}
_COMMIT = "[0-9a-f]{40}"
_PINNED = re.compile(
    rf"hf://datasets/[^/@\s]+/[^/@\s]+@{_COMMIT}(/\S.*)?|dvc://[^#]+\?rev={_COMMIT}#.*"
)


def write_pin(address: str, file: Path) -> str:
    """Pin an address at the commit that its revision is now.

    Returns:
        What the file says.

    Raises:
        LookalikeError: it is no address of such a place, holds a password, or cannot be reached.
    """
    if without_secrets(address) != address:
        raise LookalikeError(
            f"{without_secrets(address)}: the address holds a password or token: leave it out; "
            f"{WHERE_CREDENTIALS_BELONG}"
        )
    protocol = address.partition("://")[0]
    if protocol not in AT_COMMIT:
        raise LookalikeError(
            f"{address}: only hf:// and dvc:// are pinned; DVC watches folders, files and other "
            "addresses by itself"
        )
    try:
        pinned = AT_COMMIT[protocol](address)
    except LookalikeError:
        raise
    except Exception as error:  # DVC and the Hub raise their own
        raise out_of_reach(address, error) from None
    with atomic_file(file) as partial:
        partial.write_text(f"{pinned}\n", encoding="utf-8")
    return pinned


def read_pin(name: str, root: Path) -> str:
    """The address in a pin.

    Args:
        name: of the file.
        root: what it is relative to.

    Raises:
        LookalikeError: it cannot be read, or is no pin.
    """
    try:
        text = regular_text(root / name).strip()
    except FileNotFoundError:
        raise LookalikeError(f"ingest.source: {name}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise LookalikeError(f"ingest.source: {name}: cannot be read: {error}") from None
    if not _PINNED.fullmatch(text):
        raise LookalikeError(
            f"ingest.source: {name}: holds no address at a commit; write it by: lookalike pin"
        )
    return text


def check_watchable(uri: str) -> None:
    """Raise LookalikeError for an address that has to be pinned."""
    if uri.partition("://")[0] in AT_COMMIT:
        raise LookalikeError(
            f"ingest.source: {without_secrets(uri)}: DVC cannot watch it; pin its revision by "
            f"lookalike pin '{without_secrets(uri)}' -o data/source{SUFFIX}, and name that file"
        )
