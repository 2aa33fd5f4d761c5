"""A project as DVC sees it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dvc.exceptions import DvcException
from dvc.repo import Repo
from ruamel.yaml.error import YAMLError

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.layout import Layout
from lookalike.core.secrets import without_secrets

# What DVC's files make DVC raise: the last ones where they are not UTF-8, or nested deeply.
DAMAGED = (DvcException, OSError, YAMLError, UnicodeError, RecursionError)
# The packages of S3, Google Cloud Storage, Azure and web servers, whose errors share no base class
CLOUDS = {"aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google"}


@contextmanager
def open_repository(project: Layout, subject: str | None = None) -> Iterator[Repo]:
    """Open a project with DVC for the block.

    Args:
        project: the project.
        subject: what an error is about; None: the project's folder.

    Raises:
        LookalikeError: for whatever DVC, the system or a cloud's library objects to in the block.
    """
    try:
        with Repo(str(project.root.absolute())) as repo:
            yield repo
    except Exception as error:
        if not (isinstance(error, DAMAGED) or _of_a_cloud(error)):
            raise
        reason = without_secrets(one_line(error, None))[:300]
        raise LookalikeError(f"{subject or project.root.absolute()}: {reason}") from None


def _of_a_cloud(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in CLOUDS
