"""Folders of other DVC repositories: their files, and the commit that a revision is."""

from functools import cache
from typing import NamedTuple

from fsspec import AbstractFileSystem

from lookalike.core.errors import LookalikeError
from lookalike.core.secrets import without_secrets

SCHEME = "dvc://"


class RepositoryAddress(NamedTuple):
    """`dvc://REPOSITORY?rev=REVISION#FOLDER`, as `dvc import --rev REVISION REPOSITORY FOLDER`.

    Attributes:
        repository: its URL, or its path on this machine.
        revision: a commit, a branch or a tag.
        folder: below the top of the repository; empty for all of it.
    """

    repository: str
    revision: str
    folder: str

    @classmethod
    def parse(cls, address: str) -> "RepositoryAddress":
        """Raises LookalikeError where no repository is named."""
        rest, _, folder = address.removeprefix(SCHEME).partition("#")
        repository, _, revision = rest.partition("?rev=")
        if not repository or repository.startswith("-"):
            raise LookalikeError(
                f"{without_secrets(address)}: is not {SCHEME}REPOSITORY?rev=REVISION#FOLDER"
            )
        return cls(repository, revision or "HEAD", folder.strip("/"))

    def __str__(self) -> str:
        return f"{SCHEME}{self.repository}?rev={self.revision}#{self.folder}"


def repository_filesystem(address: str) -> tuple[AbstractFileSystem, str]:
    """The files of a repository at a revision, and the path of the folder there."""
    repository, revision, folder = RepositoryAddress.parse(address)
    return _opened(repository, revision), f"/{folder}"


def at_repository_commit(address: str) -> str:
    """An address whose revision is a commit.

    Raises:
        LookalikeError: it is no such address.
        Exception: DVC's own, where there is no such repository or revision.
    """
    named = RepositoryAddress.parse(address)
    commit = _opened(named.repository, named.revision).repo.get_rev()
    return str(named._replace(revision=commit))


@cache  # a clone each
def _opened(repository: str, revision: str) -> AbstractFileSystem:
    from dvc.api import DVCFileSystem  # takes a second

    return DVCFileSystem(repository, rev=revision)
