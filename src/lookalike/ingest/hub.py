"""Data sets on the Hugging Face Hub: their files, and the commit that a revision is."""

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lookalike.core.errors import LookalikeError
from lookalike.core.extras import extra

if TYPE_CHECKING:
    from huggingface_hub import HfFileSystem

ENDPOINT = "HF_ENDPOINT"  # another server than huggingface.co, by the library's own variable
# The name, the revision and what lies in it; of revisions only the Hub's own refs hold slashes.
_DATA_SET = re.compile(
    r"hf://datasets/(?P<name>[^/@]+/[^/@]+)"
    r"(@(?P<revision>refs/(convert|pr)/[^/]+|[^/]+))?(?P<place>/.*)?"
)


def hub_filesystem() -> "HfFileSystem":
    """The files of the Hub; the token is that of `HF_TOKEN`, or of `hf auth login`.

    Raises:
        LookalikeError: the extra is not installed.
    """
    with extra("hf"):
        from huggingface_hub import HfFileSystem
    return HfFileSystem(endpoint=os.environ.get(ENDPOINT))


def at_hub_commit(address: str) -> str:
    """An address `hf://datasets/OWNER/NAME[@REVISION][/FOLDER]`, its revision as a commit.

    Raises:
        LookalikeError: it is no such address, or the extra is not installed.
        OSError: there is no such data set or revision, or the Hub does not answer.
    """
    found = _DATA_SET.fullmatch(address)
    if found is None:
        raise LookalikeError(f"{address}: is not hf://datasets/OWNER/NAME")
    with extra("hf"):
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
    api = HfApi(endpoint=os.environ.get(ENDPOINT))
    try:
        info = api.dataset_info(found["name"], revision=unquote(found["revision"] or "main"))
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise FileNotFoundError from None
    return f"hf://datasets/{found['name']}@{info.sha}{found['place'] or ''}".rstrip("/")
