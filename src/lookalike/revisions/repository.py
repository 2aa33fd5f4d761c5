"""A project as DVC sees it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dvc.exceptions import DvcException
from dvc.repo import Repo
from ruamel.yaml.error import YAMLError

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.layout import Layout
from lookalike.core.secrets import without_secrets

# What DVC, the system, and Python itself make of damaged files; of DVC's, some are no DvcException
FAILURES = (DvcException, OSError, RecursionError, ValueError, YAMLError)
# The packages of S3, Google Cloud Storage, Azure and web servers, whose errors share no base class
CLOUDS = {"aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google"}


@contextmanager
def open_repository(project: Layout, subject: str | None = None) -> Iterator[Repo]:
    """Open a project with DVC for the block.

    Args:
        project: the project.
        subject: what an error is about; None: the project's folder.

    Raises:
        LookalikeError: for whatever DVC, the system or a cloud's library objects to in the block;
            also for files of DVC's that are not UTF-8, or nested deeper than Python reads.
    """
    root = str(project.root.absolute())
    with dvc_errors_in_one_line(subject or root), Repo(root) as repo:
        yield repo


@contextmanager
def dvc_errors_in_one_line(subject: str) -> Iterator[None]:
    """Raise what DVC, the system or a cloud's library objects to in the block as a LookalikeError.

    Args:
        subject: what an error is about.
    """
    try:
        yield
    except Exception as error:
        if not (isinstance(error, FAILURES) or _of_a_cloud(error)):
            raise
        reason = without_secrets(one_line(error, None))[:300]
        raise LookalikeError(f"{subject}: {reason}") from None


def _of_a_cloud(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in CLOUDS
